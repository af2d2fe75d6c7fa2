import { webKind } from "./web.ts";

/** The same over TLS. keepalived verifies no certificate. */
export const https = webKind("https", { keyword: "SSL_GET", title: "a page, by HTTP over TLS", tls: true });
