export { formatGrade } from "./format.ts";
export { gradeLab } from "./grade.ts";
