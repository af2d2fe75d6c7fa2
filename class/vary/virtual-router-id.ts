import { drawAllowed, type Part, VaryError } from "./part.ts";

/** The virtual router identifiers, each instance with one of its own: RFC 9568, section 5.2.3. */
export const virtualRouterId: Part = {
  title: "the `id` of each VRRP instance, keepalived's virtual_router_id",
  apply(data, lab, draws) {
    const taken = new Set(lab.vrrp.map(({ id }) => id));
    for (const [index, instance] of (data.vrrp ?? []).entries()) {
      const id = drawAllowed(draws, String(index), { from: 1, to: 255 }, (one) => !taken.has(one));
      if (id === undefined) throw new VaryError("all 255 ids are taken. Fix: leave virtualRouterId out");
      taken.add(id);
      instance.id = id;
    }
  },
};
