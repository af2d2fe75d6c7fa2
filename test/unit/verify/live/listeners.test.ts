import { expect, it } from "vitest";
import { listenersOn, parseListeners } from "../../../../verify/live/listeners.ts";

it("asks for all ports at once", () => {
  expect(listenersOn({ tcp: [80], udp: [] })).toMatch(/^ss .*--tcp.* \$?'sport = :80'$/);
  expect(listenersOn({ tcp: [80, 8080], udp: [] })).toContain("'sport = :80 or sport = :8080'");
  expect(listenersOn({ tcp: [], udp: [5353] })).toMatch(/^ss .*--udp.* \$?'sport = :5353'$/);
  expect(listenersOn({ tcp: [80], udp: [53] })).toMatch(
    /^\{ ss .*--tcp.* \$?'sport = :80'; ss .*--udp.* \$?'sport = :53'; \}$/,
  );
  expect(listenersOn({ tcp: [], udp: [] })).toBe("true");
});

it("reads every process of every socket, as ss of iproute2 6.1 prints them", () => {
  const printed = `LISTEN 0      511                *:80              *:*    users:(("apache2",pid=701,fd=4),("apache2",pid=700,fd=4))
LISTEN 0      100        127.0.0.1:25         0.0.0.0:*    users:(("smtpd",pid=650,fd=9))
LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=400,fd=4))
LISTEN 0      5      127.0.0.1%lo:631        0.0.0.0:*
`;
  expect(parseListeners(printed)).toEqual([
    { program: "apache2", pid: 701, address: "*", port: 80 },
    { program: "apache2", pid: 700, address: "*", port: 80 },
    { program: "smtpd", pid: 650, address: "127.0.0.1", port: 25 },
    { program: "sshd", pid: 400, address: "[::]", port: 22 },
  ]);
  expect(
    parseListeners(`UNCONN 0      0      172.25.254.100:5353      0.0.0.0:*    users:(("perl",pid=702,fd=3))\n`),
  ).toEqual([{ program: "perl", pid: 702, address: "172.25.254.100", port: 5353 }]);
  expect(parseListeners("")).toEqual([]);
});
