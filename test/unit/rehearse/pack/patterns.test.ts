import { describe, expect, it, test } from "vitest";
import { privateKey, secretsIn } from "../../../../rehearse/pack/patterns.ts";

/** The line with what is found in brackets. */
const marked = (line: string): string =>
  secretsIn(line).reduceRight(
    (text, { from, to }) => `${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`,
    line,
  );

describe("a secret of a line", () => {
  it.each([
    "auth_pass [1111]",
    "auth_password [one]",
    "auth_pas [one]",
    'auth_pass "[two words]" # comment',
    "    authentication { auth_pass [x1]}",
    "@lb1 auth_pass [of]",
    "# auth_pass [former-one] until May",
    String.raw`auth_pass [pa\#ss] # comment`,
    "auth_pass [pre${SITE}post]",
    "auth_pass [b@l]![one] # comment",
    "auth_pass [12]",
    'script "/usr/local/bin/chk --user lvs --password [s3cret]"',
    "chk --password=[s3cret] --port 80",
    "chk --db-password '[two words]'",
    "chk -passin pass:[hunter2]",
    "PASSWORD=[abc]",
    'export DB_PASSWORD="[a b]"',
    "PGPASSWORD=[geheim] psql",
    "SSHPASS=[x-y]",
    "dbPassword = '[q]'",
    'password: "[q q]"',
    '{"token": "[abcdef]", "port": 80}',
    "api_key => [k3y],",
    "snmp_community=[public]",
    "machine x login y password [z1z1]",
    "requirepass [abc1]",
    "create user x identified by '[pw]'",
    "mysql -u root -p[geheim] -e 'show status'",
    "mysqladmin ping -p'[ge heim]'",
    "sshpass -p [geheim] ssh host",
    "redis-cli -h x -a [geheim] ping",
    "ldapsearch -x -D cn=admin -w [geheim]",
    "ipmitool -H x -U admin -P [geheim] power status",
    "snmpget -v2c -c [public] host sysUpTime.0",
    "check_snmp -H x -C [public] -o 1.3",
    "snmpwalk -v3 -u me -A [authpass] -X [privpass] host",
    "rocommunity [public] 10.0.0.0/8",
    "com2sec readonly default [public]",
    "trapsink 10.0.0.1 [public]",
    'createUser me SHA "[auth pass]" AES [privpass]',
    "curl -su [me:]pw http://x".replace("[me:]pw", "me:[pw]"),
    "curl --user me:[pw] http://x",
    "stats auth admin:[pw]",
    'echo "root:[pw]" | chpasswd',
    "echo [pw] | sudo -S reboot",
    'curl -H "Authorization: Bearer [abc.def]" http://x',
    "curl -H 'X-Auth-Token: [abc]' http://x",
    "AUTH PLAIN [AGFiYwBkZWY=]",
    "smtp://me:[pw]@mail.example.org:587",
    "https://me:[p:w]@example.org/path",
    "GET http://x/status?user=me&token=[abc]&x=1",
    "curl https://hooks.slack.com/services/[T0/B0/abc]",
    "https://api.telegram.org/bot[123456:AbC-d]/sendMessage",
    "x=[ghp_abcdefghijklmnopqrst0123]",
    "id [AKIAIOSFODNN7EXAMPLE]",
    "notification_email_from [vrrp@corp.com]",
    "mail -s x [joe.doe+lb@mail.corp.com],[ops@corp.com] < /dev/null",
    "TO=[ops@corp.com]",
    "From: <[a@b.de]>",
    'curl "mailto:[a@b.de]"',
    "root:[$6$abcdefgh$0123456789012345678901234567890123456789]:19000",
  ])("%s", (line) => {
    expect(marked(line.replace(/\[|\]/g, ""))).toBe(line);
  });

  it.each([
    "auth_pass $PASS",
    "auth_pass ${PASS}",
    "auth_type PASS",
    "# the auth_pass of VI_1 is another one",
    "auth_pass ***",
    "auth_pass <hidden>",
    "--password $PW",
    '--password "$PW"',
    "--password=$(cat /etc/keepalived/pw)",
    "--password-file /etc/keepalived/pw",
    "--token-file=/etc/keepalived/token",
    "password=/etc/keepalived/pw",
    "--password --user x",
    "-passin env:PW",
    "bypass=abc",
    "PASSED=3",
    "pass=0",
    "password: true",
    "the password of VI_1 has twelve characters",
    "# password for the monitor",
    "mysql -P 3306 -p -u root",
    "curl -u $USER:$PW http://x",
    "http://192.0.2.1:80/x",
    "http://[2001:db8::1]:8080/x@y",
    "real_server 192.0.2.1 80 {",
    "virtual_server fwmark 1 {",
    'notify_master "/etc/keepalived/notify.sh master"',
    "cd $(pwd)",
    "ssh root@lb2.corp.com reboot",
    "rsync -a /x root@lb2.corp.com:/x",
    "https://joe@corp.com/x",
    "systemctl restart keepalived@web.service",
    "mail joe@example.com root@localhost root@lb.example.net",
    "@lb1 priority 100",
    "PWD=/var/tmp/x",
    "check_http -H x -p 80",
  ])("there is none in: %s", (line) => {
    expect(marked(line)).toBe(line);
  });
});

describe("a private key", () => {
  const bodies = (text: string) => [...text.matchAll(privateKey)].map(([, , body]) => body);

  it("is what is between its first and its last line, or what there is of it", () => {
    const key = "MIIEvQIBADANBgkqhkiG9w0BAQEF";
    expect(bodies(`a\n-----BEGIN RSA PRIVATE KEY-----\n${key}\n-----END RSA PRIVATE KEY-----\nb`)).toEqual([
      `\n${key}\n`,
    ]);
    expect(bodies(`-----BEGIN PRIVATE KEY-----\n${key}\n${key}`)).toEqual([`\n${key}\n${key}`]);
    expect(bodies(`k="-----BEGIN PRIVATE KEY-----\\n${key}\\n-----END PRIVATE KEY-----"`)).toEqual([`\\n${key}\\n`]);
  });

  test("is neither a certificate nor a script that looks for one", () => {
    expect(bodies("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")).toEqual([]);
    expect(
      bodies("grep -q -- '-----BEGIN PRIVATE KEY-----' $f\necho yes\ngrep -q -- '-----END PRIVATE KEY-----' $f\n"),
    ).toEqual([]);
  });
});
