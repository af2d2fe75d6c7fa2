import { definitions, type IgnoredTrack, kindDefinedBy } from "../../directors/track.ts";
import type { Found, Rule } from "../rule.ts";

/** The keyword by which such a thing is defined, not one that is deprecated. */
const blockOf = ({ kind }: IgnoredTrack): string =>
  Object.entries(definitions).findLast(([, defined]) => defined === kind)?.[0] ?? "";

export const trackIgnored: Rule = {
  id: "track-ignored",
  title: "something tracked that keepalived does not track, or not as it is written",
  level: "error",
  why:
    "keepalived looks for a script, process, file or BFD session when it reads the track_ block. What is defined below it, or not at all, is not tracked: " +
    "its failure moves nothing. A line with an option that it does not know is left out, too.",
  source: "alloc_track_script() and its like in keepalived's vrrp_track.c, the same in 2.2.7 and 2.3.3",
  *look({ directors }) {
    for (const { name: director, instances, syncGroups, tracked } of directors)
      for (const { name, ignoredTracks } of [...instances, ...syncGroups])
        for (const one of ignoredTracks) {
          const { at, kind, why } = one;
          const [option = "", weight = "", sign = ""] = at.words;
          const of = `${name} of ${director}`;
          const definition = tracked.find((one) => one.kind === kind && one.name === at.keyword);
          const empty = definition && kindDefinedBy(definition.at) === undefined;
          const below = empty ? undefined : definition;
          const found: Record<IgnoredTrack["why"], Pick<Found, "message" | "fix" | "also">> = {
            "not found": below
              ? {
                  message: `${of} does not track ${at.keyword}, since its ${below.at.keyword} is defined below`,
                  also: [below.at],
                  fix: `move ${below.at.keyword} ${at.keyword} above it`,
                }
              : empty
                ? {
                    message: `${of} does not track ${at.keyword}: its ${definition.at.keyword} does not say what it is about`,
                    also: [definition.at],
                    fix: `write its ${kind === "bfd" ? "neighbor_ip" : kind}`,
                  }
                : {
                    message: `${of} does not track ${at.keyword}: there is no ${blockOf(one)} of this name`,
                    fix: `write \`${blockOf(one)} ${at.keyword} { … }\` above it, or correct the name`,
                  },
            twice: {
              message: `${of} tracks ${at.keyword} already; keepalived ignores the second line`,
              fix: "remove one of them",
            },
            option: {
              message: `${of} does not track ${at.keyword}: keepalived knows no option ${option}`,
              fix: `write \`${at.keyword}\` alone, or with \`weight N\``,
            },
            "no weight": {
              message: `${of} does not track ${at.keyword}: its weight has no number`,
              fix: "write a number, -253 to 253",
            },
            weight: {
              message: `a weight is a whole number, -253 to 253; that of ${at.keyword} for ${of} is ${weight}`,
              fix: "write such a number, or remove the weight",
            },
            sign: {
              message: `keepalived knows no ${sign} behind the weight of ${at.keyword} for ${of}`,
              fix: "remove it; `reverse` is possible there",
            },
          };
          yield { at, ...found[why] };
        }
  },
};
