import { describe, expect, it } from "vitest";
import { readLab, serverNamed } from "../../../../lab/index.ts";
import { roleInputs } from "../../../../provision/roles/index.ts";

const lab = await readLab("labs/bfd.yaml");
const inputsOf = (name: string) => roleInputs(lab, serverNamed(lab, name));

describe("a neighbour of directors in BFD", () => {
  it("has a keepalived with a bfd_instance for each of them, and nothing else", () => {
    expect(inputsOf("server2").bfdNeighbor?.config).toMatchInlineSnapshot(`
      "! The lab's keepalived, generated. A change by hand is seen by \`pulumi refresh\`.

      bfd_instance server1 {
          neighbor_ip 172.25.254.11
          source_ip 172.25.254.12
          min_rx 100
          min_tx 100
          multiplier 5
      }

      bfd_instance server4 {
          neighbor_ip 172.25.254.14
          source_ip 172.25.254.12
          min_rx 100
          min_tx 100
          multiplier 5
      }
      "
    `);
    expect(inputsOf("server2").packages.names).toContain("keepalived");
  });

  it("is no other real server, and no director", () => {
    for (const name of ["server1", "server3", "server4"]) expect(inputsOf(name).bfdNeighbor, name).toBeUndefined();
    expect(inputsOf("server3").packages.names).not.toContain("keepalived");
  });

  it("is the far end of what a director has before the instance that tracks it", () => {
    const config = inputsOf("server4").keepalived?.config ?? "";
    expect(config).toContain(
      "\nbfd_instance server2 {\n    neighbor_ip 172.25.254.12\n    source_ip 172.25.254.14\n    min_rx 100\n",
    );
    expect(config).toContain("    track_bfd {\n        server2 weight -60\n    }\n");
    expect(config.indexOf("bfd_instance")).toBeLessThan(config.indexOf("vrrp_instance"));
  });
});
