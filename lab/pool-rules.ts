import { type LabDraft, type ServiceDraft, servicesOf, sorryNames } from "./draft.ts";
import { type HealthCheckType, healthCheckKind, healthCheckTypes } from "./health-checks/index.ts";
import { SMTP_PORT } from "./health-checks/smtp.ts";
import { pageWith } from "./pages.ts";
import { defaultSorryPage } from "./quorum.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

/** The rules about a service's real servers: their health checks, the quorum, and who answers without it. */
export const poolRules: Record<string, Rule<LabDraft, unknown>> = {
  *"property-of-another-check"(draft) {
    for (const { path, check, type } of checksOf(draft)) {
      if (type === undefined) continue;
      for (const key of Object.keys(check)) {
        const fitting = typesWith(key);
        if (fitting.includes(type)) continue;
        yield {
          path: [...path, key],
          atKey: true,
          expected: `no ${key} with \`type: ${type}\`, which is ${healthCheckKind(type).keyword}: keepalived knows it in other checks alone`,
          found: "it",
          remedy: `remove it, or write \`type: ${fitting[0]}\``,
          ...("type" in check ? { other: [...path, "type"] } : {}),
        };
      }
    }
  },

  *"threshold-without-upper"(draft) {
    for (const { path, real } of realsOf(draft)) {
      const { lowerThreshold: lower, upperThreshold: upper } = real;
      if (lower === undefined || ("upperThreshold" in real && (upper === undefined || lower <= upper))) continue;
      yield {
        path: [...path, "lowerThreshold"],
        expected:
          upper === undefined
            ? "an upperThreshold beside it: a real server that takes all connections gets new ones anyway"
            : `at most the upperThreshold, ${upper}: IPVS takes no other`,
        found: String(lower),
        remedy:
          upper === undefined
            ? "write `upperThreshold` too, or remove it"
            : "write less, or remove it: three quarters of upperThreshold are the default",
        ...(upper === undefined ? {} : { other: [...path, "upperThreshold"] }),
      };
    }
  },

  *"check-without-property"(draft) {
    for (const { path, check, type } of checksOf(draft)) {
      const required = type === undefined ? {} : healthCheckKind(type).requires;
      for (const [key, example] of Object.entries(required ?? {})) {
        if (key in check) continue;
        yield {
          path: [...path, key],
          expected: `${key}, which \`type: ${type}\` needs`,
          found: "nothing",
          remedy: `write \`${example}\``,
        };
      }
    }
  },

  *"check-of-another-protocol"(draft) {
    for (const { path, check, type, service } of checksOf(draft)) {
      const protocol = "protocol" in service ? service.protocol : "tcp";
      if (type === undefined || protocol === undefined) continue;
      const fitting = healthCheckTypes.filter((one) => healthCheckKind(one).protocols.includes(protocol));
      if (fitting.includes(type)) continue;
      const at = "type" in check;
      yield {
        path: at ? [...path, "type"] : path,
        expected: `a check of a service with \`protocol: ${protocol}\`: its real servers answer ${healthCheckKind(type).keyword} with nothing`,
        found: at ? type : `${type}, the default`,
        remedy: `write \`type: ${fitting[0]}\``,
        ...("protocol" in service ? { other: [...path.slice(0, -1), "protocol"] } : {}),
      };
    }
  },

  *"delay-without-retry"(draft) {
    for (const { path, check, type } of checksOf(draft)) {
      // A web check that fails waits for it between all checks: epilog() in keepalived's check_http.c.
      if (type === undefined || healthCheckKind(type).successes > 1 || check.delayBeforeRetry === undefined) continue;
      const retry = "retry" in check ? check.retry : healthCheckKind(type).defaultRetry;
      if (retry !== 0) continue;
      yield {
        path: [...path, "delayBeforeRetry"],
        atKey: true,
        expected: "no delayBeforeRetry where a failed check is not repeated",
        found: `it${"retry" in check ? "" : `, and no retry, which is 0 with \`type: ${type}\``}`,
        remedy: "remove it, or write `retry: 1`",
        ...("retry" in check ? { other: [...path, "retry"] } : {}),
      };
    }
  },

  *"unhealthy-from-the-start"(draft) {
    // In a manual lab, somebody may serve more than the one page.
    if ("setup" in draft && draft.setup !== "automatic") return;
    for (const { path, check, type, service } of checksOf(draft)) {
      if (type !== "http" && type !== "https") continue;
      const invalid = ["path", "statusCodes", "digest", "regex"].some((key) => !isKnown(check, key));
      if (invalid || check.statusCodes?.includes(undefined)) continue;
      const { path: asked = "/", digest = false, regex } = check;
      const { statusCodes: codes } = check;
      const status = ["/", "/index.html"].includes(asked) ? 200 : 404;
      if (codes ? !codes.includes(status) : status !== 200) {
        yield {
          path: [...path, codes ? "statusCodes" : "path"],
          expected: `what the lab's web servers answer: they have one page, at /, and ${asked} has status ${status}`,
          remedy: status === 200 ? "add 200" : "write `path: /`, or `statusCodes: [404]`",
          ...(codes && "path" in check ? { other: [...path, "path"] } : {}),
        };
      } else if (status === 404 && (digest || regex !== undefined)) {
        yield {
          path: [...path, digest ? "digest" : "regex"],
          atKey: true,
          expected: "a page of the lab: its web servers have one, at /",
          found: `it beside \`path: ${asked}\``,
          remedy: "write `path: /`, or remove it",
          other: [...path, "path"],
        };
      } else if (regex !== undefined) {
        yield* regexStatements(draft, service, regex, [...path, "regex"]);
      }
    }
  },

  *"tls-of-two-kinds"(draft) {
    const all = placed(draft).flatMap(({ index, service, path }) => {
      const type = typeOf(service.healthCheck);
      const port = "port" in service ? service.port : 80;
      const names = webServersOf(draft, service);
      return type === undefined || port === undefined || names === undefined
        ? []
        : [{ index, port, names, tls: healthCheckKind(type).tls === true, path }];
    });
    for (const one of all) {
      const other = all.find(({ index, port, tls, names }) => {
        const shared = names.some((name) => one.names.includes(name));
        return index < one.index && port === one.port && tls !== one.tls && shared;
      });
      if (!other) continue;
      const [plain, tls] = one.tls ? [other, one] : [one, other];
      yield {
        path: [...one.path, "port"],
        expected: `a port on which ${one.names.find((name) => other.names.includes(name))} speaks TLS for both services or for neither`,
        found: `${one.port}, with TLS for services[${tls.index}] and without for services[${plain.index}]`,
        remedy: "write another port, such as `port: 443`, where the health check is `type: https`",
        other: [...tls.path, "healthCheck", "type"],
      };
    }
  },

  *"port-of-the-mta"(draft) {
    const asked = checksOf(draft).filter(({ type }) => type !== undefined && healthCheckKind(type).speaks === "smtp");
    for (const { path, port, names } of tcpPortsOf(draft)) {
      if (port !== SMTP_PORT) continue;
      for (const { path: other, check, type, service } of asked) {
        const shared = (realServersOf(draft, service) ?? []).find(({ server }) => names.includes(server));
        if (!shared) continue;
        yield {
          path,
          expected: `another port than ${SMTP_PORT}, on which the MTA of ${shared.server} listens: \`type: ${type}\` asks for it, beside the web server`,
          found: String(port),
          remedy: "write another port, such as `port: 80`",
          other: [...other, ...("type" in check ? ["type"] : [])],
        };
        break;
      }
    }
  },

  *"quorum-out-of-reach"(draft) {
    for (const { service, path } of placed(draft)) {
      const sum = weightsOf(draft, service);
      const { quorum = 1, hysteresis = 0 } = service;
      if (sum === undefined || !isKnown(service, "quorum") || !isKnown(service, "hysteresis")) continue;
      if (quorum + hysteresis > sum && ("quorum" in service || hysteresis > 0)) {
        yield {
          path: [...path, "quorum" in service ? "quorum" : "hysteresis"],
          expected:
            quorum > sum
              ? `a quorum within the weights of the real servers, ${sum} together: keepalived lowers a larger one to that`
              : `a quorum that can be gained: with its hysteresis, it must be within the weights of the real servers, ${sum} together`,
          found: quorum > sum ? String(quorum) : `${quorum} and ${hysteresis}`,
          remedy: "write less, or more weight",
          ...("realServers" in service ? { other: [...path, "realServers"] } : {}),
        };
      } else if (hysteresis >= quorum && hysteresis > 0) {
        yield {
          path: [...path, "hysteresis"],
          expected: "less than the quorum: keepalived makes it so, and says it in its log alone",
          found: `${hysteresis}, and a quorum of ${quorum}`,
          remedy: `write \`hysteresis: ${quorum - 1}\`, or a larger quorum`,
          ...("quorum" in service ? { other: [...path, "quorum"] } : {}),
        };
      }
    }
  },

  *"sorry-server-of-udp"(draft) {
    for (const { service, path } of placed(draft)) {
      if (service.sorryServer === undefined || service.protocol !== "udp") continue;
      yield {
        path: [...path, "sorryServer"],
        atKey: true,
        expected: "no sorry server of a UDP service so far",
        found: "it",
        remedy: "remove it",
        other: [...path, "protocol"],
      };
    }
  },

  *"sorry-server-in-a-pool"(draft) {
    for (const { service, path } of placed(draft)) {
      const name = service.sorryServer?.server;
      if (name === undefined) continue;
      const at = placed(draft).find(({ service: { realServers = [] } }) =>
        realServers.some((each) => each?.server === name),
      );
      if (!at) continue;
      yield {
        path: [...path, "sorryServer", "server"],
        expected:
          "a server that is in no service's `realServers`: it has one page, and is asked when those have failed",
        found: `${name}, which is in services[${at.index}].realServers`,
        remedy:
          "add a server with `role: real-server` for it, or leave `server` out: then each director answers itself",
        other: [...at.path, "realServers"],
      };
    }
  },

  *"no-real-server-left"(draft) {
    for (const { service, path } of placed(draft)) {
      if ("realServers" in service || weightsOf(draft, service) !== 0 || sorryNames(draft).length === 0) continue;
      // Without any real server at all, another rule says so.
      if (!(draft.servers ?? []).some((server) => server?.role === "real-server")) continue;
      yield {
        path: [...path, "realServers"],
        expected: "a real server that is no sorry server",
        found: "none",
        remedy: "add a server with `role: real-server`",
        other: ["services", placed(draft).findIndex((each) => each.service.sorryServer?.server), "sorryServer"],
      };
    }
  },

  *"sorry-page"(draft) {
    const first = new Map<string, { path: Path; page: string }>();
    for (const { service, path } of placed(draft)) {
      const { sorryServer } = service;
      if (!sorryServer || !isKnown(sorryServer, "page") || !isKnown(sorryServer, "server")) continue;
      const { page = defaultSorryPage, server = "" } = sorryServer;
      const at = [...path, "sorryServer", "page"];
      const same = pagesOf(draft, service).find((one) => one.page?.trim() === page.trim());
      if (same) {
        yield {
          path: at,
          expected: `a page that no real server has: by it, a client sees who answers`,
          found: `the page of ${same.server}`,
          remedy: "write another",
        };
        continue;
      }
      const earlier = first.get(server);
      if (earlier && earlier.page !== page) {
        yield {
          path: at,
          expected: `the page that ${server || "a director"} serves for every service`,
          ...("page" in sorryServer ? {} : { found: "another, the default" }),
          remedy: "write the same: a web server has one page, whatever the service",
          other: earlier.path,
        };
      }
      if (!earlier) first.set(server, { path: at, page });
    }
  },
};

/** A check of which nothing invalid is left, with its place. */
interface CheckAt {
  readonly path: Path;
  readonly check: NonNullable<ServiceDraft["healthCheck"]>;
  /** Undefined where it is not known. */
  readonly type: HealthCheckType | undefined;
  readonly service: ServiceDraft;
}

/** Services with their places. */
const placed = (draft: LabDraft): { index: number; service: ServiceDraft; path: Path }[] =>
  servicesOf(draft).map(([index, service]) => ({ index, service, path: ["services", index] }));

const checksOf = (draft: LabDraft): CheckAt[] =>
  placed(draft).flatMap(({ service, path }) =>
    service.healthCheck
      ? [
          {
            path: [...path, "healthCheck"],
            check: service.healthCheck,
            type: typeOf(service.healthCheck),
            service,
          },
        ]
      : [],
  );

/** The kind of a check; undefined where what was written is none. */
const typeOf = (check: ServiceDraft["healthCheck"]): HealthCheckType | undefined =>
  check && "type" in check ? check.type : "tcp";

/** The kinds that have a property. */
const typesWith = (key: string): HealthCheckType[] =>
  healthCheckTypes.filter((type) => {
    const { properties, connects } = healthCheckKind(type);
    const own = healthCheckTypes.some((one) => key in healthCheckKind(one).properties);
    return own ? key in properties : connects || key !== "connectTimeout";
  });

/** Whether a property is valid, or not there: what was invalid has its key with undefined. */
const isKnown = (map: object, key: string): boolean =>
  !(key in map) || (map as Readonly<Record<string, unknown>>)[key] !== undefined;

/** What a file says of each real server, with its place. */
const realsOf = (draft: LabDraft) =>
  placed(draft).flatMap(({ path, service }) =>
    (service.realServers ?? []).flatMap((real, index) =>
      real === undefined ? [] : [{ path: [...path, "realServers", index], real }],
    ),
  );

interface Real {
  readonly server: string;
  readonly weight: number;
  /** Undefined where it is not known. */
  readonly page: string | undefined;
}

/** A service's real servers; undefined while one of them is not known. */
function realServersOf(draft: LabDraft, service: ServiceDraft): Real[] | undefined {
  if (!isKnown(service, "realServers")) return undefined;
  const named =
    service.realServers ??
    (draft.servers ?? []).flatMap((server) =>
      server === undefined || !isKnown(server, "role")
        ? [undefined]
        : server.role === "real-server" && !sorryNames(draft).includes(server.name ?? "")
          ? [{ server: server.name }]
          : [],
    );
  const known = named.flatMap((each) =>
    each?.server === undefined || !isKnown(each, "weight")
      ? []
      : [{ server: each.server, weight: weightOf(each), page: pageGiven(draft, each.server) }],
  );
  return known.length === named.length ? known : undefined;
}

const weightOf = (real: { readonly server?: string | undefined; readonly weight?: number | undefined }): number =>
  real.weight ?? 1;

/** The page of a real server, as read.ts completes it; undefined where it is not known. */
function pageGiven(draft: LabDraft, server: string): string | undefined {
  const given = placed(draft)
    .flatMap(({ service }) => service.realServers ?? [])
    .find((each) => each?.server === server && "page" in each);
  const page = given && "page" in given ? given.page : `${server}\n`;
  if (page === undefined || ("token" in draft && draft.token === undefined)) return undefined;
  return pageWith(page, draft.token);
}

const weightsOf = (draft: LabDraft, service: ServiceDraft): number | undefined =>
  realServersOf(draft, service)?.reduce((sum, { weight }) => sum + weight, 0);

const pagesOf = (draft: LabDraft, service: ServiceDraft): Real[] => realServersOf(draft, service) ?? [];

/** The ports on which web servers listen, with their places and the names of these servers. */
const tcpPortsOf = (draft: LabDraft): { path: Path; port: number; names: readonly string[] }[] =>
  placed(draft).flatMap(({ service, path }) => {
    if ("protocol" in service && service.protocol !== "tcp") return [];
    const names = webServersOf(draft, service) ?? [];
    const own = (service.realServers ?? []).flatMap((real, index) =>
      real?.server !== undefined && real.port !== undefined
        ? [{ path: [...path, "realServers", index, "port"], port: real.port, names: [real.server] }]
        : [],
    );
    const others = names.filter((name) => !own.some((one) => one.names.includes(name)));
    const more = (service.morePorts ?? []).map((port, index) => ({ path: [...path, "morePorts", index], port, names }));
    return [{ path: [...path, "port"], port: service.port, names: others }, ...more, ...own].flatMap(
      ({ port, ...rest }) => (port === undefined ? [] : [{ ...rest, port }]),
    );
  });

/** The servers that have the service's page: its real servers and its sorry server, by name. */
function webServersOf(draft: LabDraft, service: ServiceDraft): string[] | undefined {
  const reals = realServersOf(draft, service)?.map(({ server }) => server);
  const { sorryServer } = service;
  return sorryServer && reals ? [...reals, sorryServer.server ?? "a director"] : reals;
}

/**
 * A regular expression that the lab's own pages do not match. keepalived 2.2.7 matches while the answer comes in (PCRE2_PARTIAL_HARD), so that a match
 * that goes on to the very end of the page waits for more, and fails.
 */
function* regexStatements(draft: LabDraft, service: ServiceDraft, regex: string, path: Path) {
  for (const { server, page } of pagesOf(draft, service)) {
    const match = page === undefined ? undefined : new RegExp(regex, "m").exec(page);
    if (match === undefined) continue;
    if (match && match.index + match[0].length < (page ?? "").length) continue;
    yield {
      path,
      expected: match
        ? `a match that ends before the end of the page of ${server}: keepalived waits for more there, and then for nothing`
        : `a match in the page of ${server}: keepalived would take it out at once`,
      remedy: match ? "end the page with a newline, which the expression leaves alone" : "write what all pages have",
    };
    return;
  }
}
