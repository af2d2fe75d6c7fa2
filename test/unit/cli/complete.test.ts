import { Argument, Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { complete, type ValuesOf } from "../../../cli/completion/complete.ts";

const program = new Command("lab").enablePositionalOptions();
program
  .command("show")
  .description("show a\n thing")
  .addOption(new Option("-s, --stack <name>"))
  .option("-j, --json", "as JSON")
  .addOption(new Option("--keep <when>").choices(["never", "always"]))
  .option("--only <id...>", "only these")
  .option("--watch [seconds]", "again and again")
  .addOption(new Option("--secret <x>").hideHelp())
  .argument("[server]")
  .addArgument(new Argument("[shell]").choices(["bash", "zsh"]));
program.command("enter").option("-v, --verbose").argument("<server>").argument("[command...]").passThroughOptions();
program.command("read").argument("<file...>");
const group = program.command("group").alias("g");
group.command("list").option("--long");
group.command("add").argument("<server>");
program.command("hidden", { hidden: true });

const valuesOf: ValuesOf = async ({ name, command, stack = "none" }) => {
  const values: Record<string, string[]> = {
    server: ["one", "other", `${command.replaceAll(" ", "-")}-of-${stack}`, "$(reboot)", "two words", "it's", "-rf"],
    only: ["first", "second"],
    stack: ["dr", "ha"],
  };
  const completions = (values[name] ?? []).map((value) => ({ value }));
  return name === "file" ? { completions, paths: "files" } : { completions };
};

const completed = (...words: string[]) => complete(program, words, valuesOf);
const values = async (...words: string[]) => (await completed(...words)).completions.map(({ value }) => value);

describe("the word at the cursor", () => {
  it.each<[string, string[], string[]]>([
    ["a command", [""], ["show", "enter", "read", "group", "help"]],
    ["a command that has begun", ["s"], ["show"]],
    ["nothing that begins so", ["x"], []],
    ["a command below", ["group", ""], ["list", "add", "help"]],
    ["a command below an alias", ["g", "a"], ["add"]],
    ["an argument's value", ["show", "o"], ["one", "other"]],
    ["the second argument's choice", ["show", "one", ""], ["bash", "zsh"]],
    ["nothing after the last argument", ["show", "one", "bash", ""], []],
    ["an option", ["show", "--k"], ["--keep"]],
    ["every option but a hidden one", ["group", "list", "-"], ["--long", "--help", "-h"]],
    ["no option twice", ["show", "--json", "--j"], []],
    ["no option twice by its short name", ["show", "-j", "--j"], []],
    ["an option of many values again", ["show", "--only", "first", "--o"], ["--only"]],
    ["an option's choice", ["show", "--keep", ""], ["never", "always"]],
    ["an option's choice after =", ["show", "--keep=a"], ["--keep=always"]],
    ["an option's value", ["show", "--only", "f"], ["first"]],
    ["an option's further value, or an argument", ["show", "--only", "first", "o"], ["one", "other"]],
    ["an option's value, which begins with a dash", ["show", "--keep", "-"], []],
    ["an argument after an option's one value", ["show", "--keep", "never", "on"], ["one"]],
    ["an argument where a value may be left out", ["show", "--watch", "on"], ["one"]],
    ["an option after a value that is left out", ["show", "--watch", "--k"], ["--keep"]],
    ["no option after --", ["show", "--", "--k"], []],
    ["an argument after --", ["show", "--", "on"], ["one"]],
    ["an option before another program's words", ["enter", "--v"], ["--verbose"]],
    ["nothing of another program's words", ["enter", "one", ""], []],
    ["no option of another program's", ["enter", "one", "ls", "-"], []],
    ["nothing of another program's words after --", ["enter", "one", "--", "sh"], []],
    ["nothing after = of an option that takes no value", ["show", "--json="], []],
    ["nothing after = of an unknown option", ["show", "--nope=x"], []],
  ])("%s", async (_what, words, expected) => {
    expect(await values(...words)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    ["apart", ["show", "--stack", "dr", "show"]],
    ["after =", ["show", "--stack=dr", "show"]],
    ["short", ["show", "-s", "dr", "show"]],
    ["short and together", ["show", "-sdr", "show"]],
  ])("is of the stack that was typed, %s", async (_how, words) => {
    expect(await values(...words)).toEqual(["show-of-dr"]);
  });

  it("is of the command below", async () => {
    expect(await values("group", "add", "group")).toEqual(["group-add-of-none"]);
  });

  it("is offered in no form that a shell could read as more than a word", async () => {
    expect(await values("show", "")).toEqual(["one", "other", "show-of-none"]);
  });

  it("is asked for with the arguments before it, of the command below", async () => {
    const given: (readonly string[])[] = [];
    const asked: ValuesOf = async (question) => {
      given.push(question.given);
      return { completions: [] };
    };
    await complete(program, ["read", "a", "--", "-b", ""], asked);
    await complete(program, ["group", "add", ""], asked);
    expect(given).toEqual([["a", "-b"], []]);
  });

  it("can be a path", async () => {
    expect(await completed("read", "a", "")).toEqual({ completions: [], paths: "files" });
  });

  it("comes with what it means, in one line", async () => {
    expect((await completed("sh")).completions).toEqual([{ value: "show", description: "show a thing" }]);
  });
});
