/**
 * A bash script that opens a connection to `$1` port `$2`, says HELO as `$3`, then QUIT, as keepalived's SMTP_CHECK does, and prints the first line of the
 * greeting and of each answer. Five seconds without one end it; no output: the connection was refused.
 */
export const SMTP_QUESTION = String.raw`exec 3<>"/dev/tcp/$1/$2" || exit; read -r -t 5 line <&3 && echo "$line" || exit
for say in "HELO $3" QUIT; do printf '%s\r\n' "$say" >&3; read -r -t 5 line <&3 && echo "$line" || exit; done`;
