import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { cookieFor, isOwnHost, newToken, refusalOf } from "../../../view/access.ts";

const token = newToken();
const at = { port: 4711, token, listen: "127.0.0.1" };
const cookie = cookieFor(4711, token).split(";")[0];
const refused = (method: string, url: string, headers: Record<string, string>) =>
  refusalOf({ method, url, headers: { host: "127.0.0.1:4711", ...headers } }, at);

describe("a token", () => {
  it("has 256 bits, each its own", () => {
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(newToken()).not.toBe(token);
  });

  it("opens the view in the address, or in the cookie of this port", () => {
    expect(refused("GET", `/?token=${token}`, {})).toBeUndefined();
    expect(refused("GET", "/", { cookie: `theme=dark; ${cookie}` })).toBeUndefined();
  });

  it.each<[string, string, Record<string, string>]>([
    ["nothing", "/", {}],
    ["another token", `/?token=${newToken()}`, {}],
    ["a part of it", `/?token=${token.slice(0, -1)}`, {}],
    ["an empty one", "/?token=", { cookie: "lvs-lab-view-4711=" }],
    ["the cookie of another port", "/", { cookie: `lvs-lab-view-4712=${token}` }],
    ["a cookie whose name ends so", "/", { cookie: `x${cookie}` }],
  ])("is not %s", (_what, url, headers) => {
    expect(refused("GET", url, headers)).toMatch(/^The token is missing, .*Fix: /);
  });

  it("is for no script and no other site", () => {
    expect(cookieFor(4711, "T")).toBe("lvs-lab-view-4711=T; Path=/; HttpOnly; SameSite=Strict");
  });
});

describe("the Host of a request", () => {
  it.each(["127.0.0.1:4711", "[::1]:4711", "localhost:4711", "LOCALHOST", "192.0.2.7:80", `${hostname()}:4711`])(
    "may be %s",
    (host) => {
      expect(isOwnHost(host, "127.0.0.1")).toBe(true);
    },
  );

  it.each([
    "attacker.example:4711",
    "127.0.0.1.attacker.example",
    "localhost.attacker.example:4711",
    "",
    "[x]:1",
    "a b",
  ])("may not be %j: a name that leads here is an attacker's", (host) => {
    expect(isOwnHost(host, "127.0.0.1")).toBe(false);
    expect(refused("GET", `/?token=${token}`, { host })).toMatch(/^This is not the name of the view/);
  });

  it("may be the name that the view listens at", () => {
    expect(isOwnHost("teacher.example:80", "teacher.example")).toBe(true);
  });
});

describe("the Origin of a request", () => {
  const own = "http://127.0.0.1:4711";

  it("must be the view's own where there is one, and be there where something changes", () => {
    expect(refused("GET", "/events", { cookie: cookie ?? "", origin: own })).toBeUndefined();
    expect(refused("POST", "/lower", { cookie: cookie ?? "", origin: own })).toBeUndefined();
    for (const origin of ["http://attacker.example", "null", "https://127.0.0.1:4711", "http://127.0.0.1:4712"])
      for (const method of ["GET", "POST"])
        expect(refused(method, "/", { cookie: cookie ?? "", origin })).toBe("The request comes from another site.");
    expect(refused("POST", "/lower", { cookie: cookie ?? "" })).toBe("The request comes from another site.");
  });
});
