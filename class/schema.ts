import { z } from "zod";
import { choice, property, wholeNumber } from "../lab/yaml/schema.ts";
import { machineNamed, THIS_MACHINE } from "../provision/host/remote/machine-url.ts";
import { type VaryPart, varyParts } from "./vary/index.ts";

/** A class's name is the beginning of its stacks' names, up to the first dot. */
export const className = /^[a-z][a-z0-9-]{0,14}$/;

/** ISO 8601 with its offset, so that it is the same moment on every machine. */
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/;

/** Whether the text is a date and time with its offset; `Date` would take 30 February for 2 March. */
const isMoment = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return moment.test(text) && day >= 1 && day <= lastDay && !Number.isNaN(Date.parse(text));
};

/** The shape of `class.yaml`: each property by itself. */
export const classSchema = property(
  z.strictObject({
    name: property(
      z.string().regex(className),
      "a class's name: a lower-case letter, then up to 14 lower-case letters, digits and hyphens",
      "write a name such as `name: net1`",
    ),
    exercise: property(
      z.string().min(1),
      "a lab file, or the name of one in labs/",
      "write `exercise: bare`, or the path of a lab file of your own",
    ),
    roster: property(z.string().min(1), "the path of a CSV file", "write `roster: roster.csv`"),
    machines: property(
      z
        .array(
          property(
            z.string().refine((text) => machineNamed(text) !== undefined),
            "`private`, which is this machine with a libvirt of each lab's own (not `system`), or ssh://[USER@]HOST[:PORT]",
            "write `private`, or a URL such as `ssh://teacher@box1`",
          ),
        )
        .min(1),
      "a list of the machines that labs run on",
      "write `machines: [private, ssh://box1]`, or leave it out: this machine alone",
    ).default([THIS_MACHINE]),
    labsAtOnce: wholeNumber(1, 64, "how many labs are worked on at once", "labsAtOnce: 2").optional(),
    deadline: property(
      z.string().refine(isMoment),
      "a date and time with its offset",
      "write `deadline: 2026-12-01T12:00:00+01:00`, or leave it out",
    ).optional(),
    vary: property(
      z.array(choice(Object.keys(varyParts) as VaryPart[], "write `vary: [vip, port, token]`, or leave it out")),
      "a list of what differs from student to student",
      "write `vary: [vip, port, token]`, or leave it out: all labs are then alike",
    ).default([]),
    guide: property(
      z.strictObject({
        hintCost: wholeNumber(0, 100, "points that the command of a step costs, the third hint", "hintCost: 1").default(
          0,
        ),
        steps: property(
          z.array(property(z.string().min(1), "the path of a step's file", "write a path such as `greeting.yaml`")),
          "a list of the files of steps of your own",
          "write `steps: [greeting.yaml]`, or leave it out",
        ).default([]),
      }),
      "a map with hintCost and steps: what `lvs-lab guide` is told",
      "write `guide: { hintCost: 1 }`, or leave it out: hints cost nothing",
    ).prefault({}),
    door: property(
      z.strictObject({
        port: wholeNumber(1, 65535, "the TCP port of the class's door", "port: 2222"),
        address: property(
          z.union([z.ipv4(), z.ipv6()]),
          "an IP address of this machine at which the door listens",
          "write `address: 0.0.0.0` for all of the machine's networks, or leave it out: the machine itself alone",
        ).default("127.0.0.1"),
        host: property(
          z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/),
          "the name or address by which students reach this machine",
          "write `host: lab.example.org`, or leave it out: the door's address, or this machine's name",
        ).optional(),
        record: property(
          z.boolean(),
          "whether the menu's shells are recorded",
          "write `record: true`, or leave it out: nothing is recorded",
        ).default(false),
      }),
      "a map with port, and if wanted address, host and record",
      "write `door: {port: 2222, address: 0.0.0.0}`, or leave it out: students then have no way in",
    ).optional(),
  }),
  "a map with name, exercise and roster",
  "write `name: net1`, `exercise: bare` and `roster: roster.csv`",
  {
    lab: "write `exercise`",
    students: "write them into a CSV file, and its path as `roster`",
    stack: "remove it: stacks are named by the class and the student's id",
  },
);

/** `class.yaml` as it was written. What is invalid in shape is undefined to rules. */
export type ClassDraft = Partial<z.input<typeof classSchema>>;
