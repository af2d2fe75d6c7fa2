import type { WireAdvert } from "../evidence.ts";
import { believes } from "../masterships.ts";
import type { Diagnosis } from "../records.ts";
import { type Case, endOf } from "./case.ts";
import { count, moment } from "./words.ts";

/** Characters of a password that keepalived uses: keepalived.conf(5); the packet has no room for more. */
const PASSWORD_CHARACTERS = 8;

/** The instance's VRRP password; undefined if it has none. */
const passwordOf = ({ instance }: Case): string | undefined => instance?.password?.slice(0, PASSWORD_CHARACTERS);

/** Only version 2 has passwords. */
const isWrong = (advert: WireAdvert, password: string | undefined): boolean =>
  password !== undefined && advert.version === 2 && advert.password !== password;

/** Hides the lab's password, and shows any other: it may be a typing error. */
const inWords = ({ password }: WireAdvert, known: string | undefined): string =>
  password === undefined
    ? "no password"
    : password === known
      ? "the lab's password"
      : `the password ${JSON.stringify(password)}`;

/** Unknown routers that advertise the lab's virtual router or its VIP. */
export function diagnoseRogueRouters(the: Case): Diagnosis[] {
  const { lab } = the;
  return grouped(the.unknownRouters, ({ source, mac }) => `${source} ${mac}`).map((adverts): Diagnosis => {
    const [first, last] = ends(adverts);
    // Priority 0 is its resignation: its claims are in the advertisements before.
    const { source, mac, virtualRouterId, priority, addresses } = adverts.findLast((one) => one.priority > 0) ?? last;
    const impersonated = lab.servers.find(({ interfaces }) =>
      interfaces.some(({ addresses: own }) => own.some((address) => address === source)),
    )?.name;
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

/** The last advertisement of the director that yielded to an unknown router: it was master, and stopped within two intervals. */
function madeWayFor(first: WireAdvert, { own, facts }: Case): WireAdvert | undefined {
  const soonMs = 2 * facts.intervalMs;
  const last = own.findLast(({ at, priority }) => at < first.at && priority > 0);
  const goesOn = own.some(({ at }) => at > first.at && at < first.at + soonMs);
  return last && last.at > first.at - soonMs && !goesOn && believes(last, first) ? last : undefined;
}

/**
 * Routers with another password than the lab's: they and the directors ignore each other. A director with one is misconfigured; an unknown
 * router is also diagnosed as a rogue router.
 */
export function diagnoseWrongPasswords(the: Case): Diagnosis[] {
  const password = passwordOf(the);
  const wrong = [...the.own, ...the.unknownRouters].filter((advert) => isWrong(advert, password));
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
        "keepalived delays its own advertisement when it drops such a one: a master may be silent until the standby takes over for a moment",
      ],
    };
  });
}

/** Groups advertisements by a key, in the order of the first of each group. */
function grouped(adverts: readonly WireAdvert[], key: (advert: WireAdvert) => string): WireAdvert[][] {
  const groups = new Map<string, WireAdvert[]>();
  for (const advert of adverts) groups.set(key(advert), [...(groups.get(key(advert)) ?? []), advert]);
  return [...groups.values()];
}

const ends = (adverts: readonly WireAdvert[]): [WireAdvert, WireAdvert] => [
  adverts[0] as WireAdvert,
  adverts.at(-1) as WireAdvert,
];
