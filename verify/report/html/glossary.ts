import type { RunResult } from "../result.ts";
import { type Html, html } from "./template.ts";

/** The terms of the report, as verify/probe/records.ts and verify/probe/outage.ts define them. */
export const glossary = ({ load }: RunResult): Html => html`<section aria-labelledby="words" class="glossary">
<h2 id="words">Words</h2>
<dl>
<div><dt>outage</dt><dd>the longest time without service: from the start of the first request whose <em>first</em> SYN was not answered until a later one is connected. A retransmitted SYN succeeds 1 s or 3 s late, so counting failures alone would miss the end of every outage.</dd></div>
<div><dt>±</dt><dd>the error of an outage, in both directions: the larger of the gaps between requests at its two ends, plus the lateness of the probe itself around them.</dd></div>
<div><dt>answered</dt><dd>the first SYN was answered and a page came with status 200.</dd></div>
<div><dt>delayed</dt><dd>a page came, but only a retransmitted SYN was answered: connecting took 900 ms or more.</dd></div>
<div><dt>failed</dt><dd>no page within ${load.timeoutMs} ms, or an error.</dd></div>
<div><dt>VRRP’s promise</dt><dd>a standby takes over when it has heard no advertisement for three intervals and its skew, (256 − priority) / 256 s (RFC 3768, section 6.1). The client sees the part of it that is left when the master dies, which depends on the time since the last advertisement.</dd></div>
</dl>
</section>`;
