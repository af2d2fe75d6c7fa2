import { describe, expect, test } from "vitest";
import { readShellScript } from "../../../rehearse/lint/shell.ts";

/** Scripts that end with 0 whatever their commands find, and the lines of their last echoes. */
const alwaysSucceed: readonly (readonly [name: string, text: string, echoes: readonly number[]])[] = [
  [
    "branches that echo",
    "if curl -sf http://localhost/ > /dev/null 2>&1; then\n  echo 0\nelse\n  echo 1\nfi\n",
    [2, 4],
  ],
  ["one line of && and ||", "pidof nginx >/dev/null && echo 1 || echo 0", [1, 1]],
  [
    "an echo before `exit 0`",
    'A=`ps -C nginx --no-header | wc -l`\nif [ "$A" -eq 0 ];then\n  echo "1"\nfi\nexit 0\n',
    [3],
  ],
  ["a function that tells", "check() {\n  nc -z localhost 80\n}\nif check; then echo UP; else echo DOWN; fi", [4, 4]],
  ["a case", "case $(systemctl is-active x) in\n (active) echo 0 ;;\n *) echo 1\nesac", [2, 3]],
  [
    "a loop with an echo behind it",
    "for i in 1 2; do\n  ping -c1 192.0.2.1 &>/dev/null && { echo ok; exit 0; }\ndone\necho fail",
    [4],
  ],
  [
    "quotes in a substitution in quotes",
    'x="$(echo "a b" | grep \'c)\')"\n[[ $x == a* && -n $x ]] && echo 1 || echo 0',
    [2, 2],
  ],
  ["a test that is turned round", "! true || echo no", [1]],
  ["a command in the background", "sleep 1 &\n", []],
];

/** Scripts whose exit status depends on what they find, and those of which it cannot be told. */
const others: readonly (readonly [name: string, text: string])[] = [
  ["its last command tells", "echo checking\ncurl -f http://localhost/"],
  ["an echo that runs after a success alone", "curl -f http://localhost/ && echo ok"],
  ["an exit with another status", "if ! pidof nginx; then\n  echo down\n  exit 1\nfi\necho up"],
  ["an exit with the status of a command", "pidof nginx\nstatus=$?\necho $status\nexit $status"],
  ["an exit in a function", "fail() {\n  echo $1\n  exit 1\n}\npidof nginx || fail down\necho up"],
  ["set -e", "set -e\npidof nginx\necho up"],
  ["set -o errexit", "set -o errexit\npidof nginx\necho up"],
  ["a trap", "trap 'exit 1' ERR\npidof nginx\necho up"],
  ["exec", "echo checking\nexec /usr/lib/nagios/plugins/check_http"],
  ["a function that returns", "check() {\n  pidof nginx || return 1\n}\ncheck || echo down"],
  ["another file's functions", ". /etc/init.d/functions\necho up"],
  ["a script that stops keepalived", "pidof nginx || systemctl stop keepalived\necho done"],
  ["a here document", "cat <<END\n0\nEND\necho 0"],
  ["a last pipe", "echo ping | nc localhost 80 | grep -q pong"],
  ["a condition that is not closed", "if true; then\n  echo 0"],
  ["an assignment from a command", "echo up\nx=$(pidof nginx)"],
];

describe("a shell script", () => {
  test.each(alwaysSucceed)("succeeds always: %s", (_name, text, echoes) => {
    expect(readShellScript(text)).toEqual({ alwaysSucceeds: true, echoes });
  });

  test.each(others)("may fail, or cannot be told: %s", (_name, text) => {
    expect(readShellScript(text)?.alwaysSucceeds ?? false).toBe(false);
  });

  test("an echo into a file is no answer to keepalived", () => {
    expect(readShellScript("pidof nginx && echo 0 > /run/state || echo 1 >> /run/state")).toEqual({
      alwaysSucceeds: true,
      echoes: [],
    });
  });
});
