import { webKind } from "./web.ts";

/** Whether the web server answers a GET with the right status, and the right page if the check looks at it. */
export const http = webKind("http", { keyword: "HTTP_GET", title: "a page, by HTTP" });
