import { expect, it } from "vitest";
import { command, masked, writing } from "../../../../provision/ssh/index.ts";

it("hides keepalived's password, in a file and in the command that writes it", () => {
  const file = "    authentication {\n        auth_type PASS\n        auth_pass s3cret\n    }\n";
  expect(masked(file)).toBe(file.replace("s3cret", "***"));
  expect(masked(writing("/etc/keepalived/keepalived.conf", file))).not.toContain("s3cret");
  for (const misspelt of ["auth_pas", "auth_password", "AUTH_PASS"])
    expect(masked(file.replace("auth_pass", misspelt))).toContain(`${misspelt} ***`);
  expect(masked(command`printf %s ${"auth_pass s3cret\nnopreempt"}`)).toContain("nopreempt");
});

it("hides a file in base64 with a password in it, and leaves others", () => {
  const encoded = (text: string) => Buffer.from(text, "latin1").toString("base64");
  const secret = encoded("# für alle\n    authentication {\n        auth_pass s3cret\n    }\n");
  const written = writing("/etc/keepalived/keepalived.conf", secret, { base64: true });
  expect(masked(written)).toBe(written.replace(secret, "***"));
  expect(masked(`${secret}\n`)).toBe("***\n");
  const other = writing("/opt/program", encoded("# für alle, in einer Datei\n"), { base64: true });
  expect(masked(other)).toBe(other);
});

it("hides a private key, also one that is cut off", () => {
  const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n";
  expect(masked(`before\n${key}after`)).toMatch(/^before\n-----BEGIN[^=]*END OPENSSH PRIVATE KEY-----\nafter$/);
  expect(masked(key.slice(0, 45))).not.toContain("b3Blbn");
});

it("leaves everything else as it is", () => {
  for (const text of ["", "ipvsadm -ln", "auth_type PASS", "ssh-ed25519 AAAA root@server1"])
    expect(masked(text)).toBe(text);
});
