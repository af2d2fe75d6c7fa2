import type { Part } from "./part.ts";

/** 60 bits and more: that two of a thousand students get the same has a chance of 1 in 10 to the power of 12. */
const LENGTH = 13;

/** A word in every page, by which a page is known as this student's. */
export const token: Part = {
  title: "a token in every page, by which it is known whose it is",
  apply(data, _lab, draws) {
    data.token = draws.text("page", LENGTH);
  },
};
