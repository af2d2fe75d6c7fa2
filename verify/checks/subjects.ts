import { directors, goalOf, type Lab, realServers, type Server } from "../../lab/lab.ts";
import type { Evidence, View } from "../live/view.ts";

export const names = {
  directors: (lab: Lab): string[] => directors(lab).map(({ name }) => name),
  realServers: (lab: Lab): string[] => realServers(lab).map(({ name }) => name),
  client: (): string[] => ["client"],
};

/** The director with the highest priority: the one that is master while all is well. */
export const masterOf = (lab: Lab) => [...directors(lab)].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0))[0];

/** Who is to have the VIP while all is well: the one director, or the master. */
export const ownerOf = (lab: Lab): Server | undefined => (goalOf(lab) === "ha" ? masterOf(lab) : directors(lab)[0]);

/** The service as a person types it behind `curl`. */
export const urlOf = ({ service: { vip, port } }: Lab): string => (port === 80 ? vip : `${vip}:${port}`);

/** A server of the lab by its name; undefined for the client. */
export const serverNamed = (lab: Lab, name: string): Server | undefined =>
  lab.servers.find((server) => server.name === name);

/** The real server whose page this is; a newline more or less at its end, which `echo` and editors decide, is no other page. */
export const serverOfPage = (lab: Lab, page: string): Server | undefined =>
  realServers(lab).find((server) => samePage(server.page, page));

/** Whether two texts are one page. */
export const samePage = (one: string, other: string): boolean => one.trim() === other.trim();

/** Whether keepalived is there to bring about what is not there yet. */
export const keepalivedRuns = async (view: View, server: string): Promise<boolean> =>
  (await view.on(server)`systemctl is-active keepalived`).output.trim() === "active";

/** One request of the client's to the virtual service, over a connection of its own; curl's exit status tells how it went. */
export const askVip = (view: View): Promise<Evidence> => {
  const { vip, port } = view.lab.service;
  return view.client("curl", "--silent", "--show-error", "--max-time", "5", `http://${vip}:${port}/`);
};

/** Whether answers come in an order that repeats itself after so many. */
export const repeats = (answers: readonly unknown[], period: number): boolean =>
  answers.every((answer, index) => index < period || answer === answers[index - period]);
