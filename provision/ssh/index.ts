export { setClock, startWaitingClock } from "./clock.ts";
export { type SshKeyFiles, sshConfig } from "./config.ts";
export { RemoteCommandError, UnreachableError } from "./errors.ts";
export { masked } from "./masked.ts";
export { closeConnections, closeConnectionsOf, connectTo, connectToRunning } from "./pool.ts";
export { parseSections, type Section, sectionScript } from "./sections.ts";
export {
  BOOT_SECONDS,
  command,
  isGone,
  patience,
  ServerConnection,
  type ServerRef,
  serverRef,
  type Word,
  writing,
} from "./server.ts";
export { type Login, logIn, type RemoteTerminal, type TerminalOptions, type TerminalSize } from "./terminal.ts";
