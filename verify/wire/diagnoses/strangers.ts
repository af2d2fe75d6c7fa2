import type { WireAdvert } from "../evidence.ts";
import type { Diagnosis } from "../records.ts";
import { believes } from "../reigns.ts";
import { type Case, endOf } from "./case.ts";
import { count, moment } from "./words.ts";

/** keepalived takes so many characters of a password: keepalived.conf(5); the packet has no room for more. */
const PASSWORD_CHARACTERS = 8;

/** Undefined where the lab's VRRP has none. */
const passwordOf = ({ lab }: Case): string | undefined => lab.keepalived.password?.slice(0, PASSWORD_CHARACTERS);

/** Only version 2 has passwords. */
const isWrong = (advert: WireAdvert, password: string | undefined): boolean =>
  password !== undefined && advert.version === 2 && advert.password !== password;

/** The lab's own password is not shown; another one is, for it may be a slip. */
const inWords = ({ password }: WireAdvert, known: string | undefined): string =>
  password === undefined
    ? "no password"
    : password === known
      ? "the lab's password"
      : `the password ${JSON.stringify(password)}`;

/** Routers that are none of the lab's directors and speak for its virtual router or its VIP. */
export function diagnoseRogueRouters(the: Case): Diagnosis[] {
  const { lab } = the;
  return grouped(the.foreign, ({ source, mac }) => `${source} ${mac}`).map((adverts): Diagnosis => {
    const [first, last] = ends(adverts);
    // With a priority 0 it resigns: what it claimed is in the ones before.
    const { source, mac, virtualRouterId, priority, addresses } = adverts.findLast((one) => one.priority > 0) ?? last;
    const impersonated = lab.servers.find(({ address }) => address === source)?.name;
    const madeWay = madeWayFor(first, the);
    return {
      id: "rogue-router",
      title:
        `${source} (${mac}), ${impersonated ? `which is ${impersonated}'s address but not its hardware address,` : "none of the lab's directors,"} ` +
        `advertises virtual router ${virtualRouterId} with priority ${priority}`,
      from: first.at,
      to: endOf(last.at, the),
      who: [source],
      because: [
        `${moment(first.at)} to ${moment(last.at)}: ${count(adverts.length, "advertisement")} from ${source}, ${mac}`,
        `for ${addresses.join(", ") || "no address"}, priority ${priority}, version ${last.version}, ` +
          `${inWords(last, passwordOf(the))}${isWrong(last, passwordOf(the)) ? ", which is not the lab's: the directors do not believe it" : ""}`,
        ...(madeWay
          ? [`${moment(madeWay.at)}: the last advertisement of ${the.facts.directorOf(madeWay)}, which made way`]
          : []),
      ],
    };
  });
}

/** The last advertisement of the director that was master when a stranger came, and stopped within two intervals. */
function madeWayFor(first: WireAdvert, { own, facts }: Case): WireAdvert | undefined {
  const soonMs = 2 * facts.intervalMs;
  const last = own.findLast(({ at, priority }) => at < first.at && priority > 0);
  const goesOn = own.some(({ at }) => at > first.at && at < first.at + soonMs);
  return last && last.at > first.at - soonMs && !goesOn && believes(last, first) ? last : undefined;
}

/**
 * Routers whose password is not the lab's: the directors ignore them, and they the directors. Of a director of the lab it is a mistake;
 * a stranger is told of as a rogue router, too.
 */
export function diagnoseWrongPasswords(the: Case): Diagnosis[] {
  const password = passwordOf(the);
  const wrong = [...the.own, ...the.foreign].filter((advert) => isWrong(advert, password));
  return grouped(wrong, (advert) => `${advert.source} ${advert.password}`).map((adverts): Diagnosis => {
    const [first, last] = ends(adverts);
    const router = the.facts.directorOf(last) ?? last.source;
    return {
      id: "wrong-password",
      title: `${router} advertises with ${inWords(last, password)}, which is not the lab's`,
      from: first.at,
      to: endOf(last.at, the),
      who: [router],
      because: [
        `${moment(first.at)} to ${moment(last.at)}: ${count(adverts.length, "advertisement")} of ${router} with ${inWords(last, password)}`,
        "whoever drops such a one puts off its own: a master may fall silent for so long that the standby takes over for a moment",
      ],
    };
  });
}

/** Advertisements by who sent them, in the order of each one's first. */
function grouped(adverts: readonly WireAdvert[], key: (advert: WireAdvert) => string): WireAdvert[][] {
  const groups = new Map<string, WireAdvert[]>();
  for (const advert of adverts) groups.set(key(advert), [...(groups.get(key(advert)) ?? []), advert]);
  return [...groups.values()];
}

const ends = (adverts: readonly WireAdvert[]): [WireAdvert, WireAdvert] => [
  adverts[0] as WireAdvert,
  adverts.at(-1) as WireAdvert,
];
