using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>doctor</c> and <c>doctor mend</c>.</summary>
internal static class DoctorCommands
{
    public static Command Doctor(CommandRunner runner)
    {
        var doctor = new Command("doctor", "Look for what does not fit together in the stored state. Exit code 1 when something was found.");
        doctor.Subcommands.Add(Mend(runner));
        return runner.On(doctor, async context =>
        {
            ExamineResponse answer = await context.Server.Doctor.ExamineAsync(new(), context.Server.Call(context.Stop));
            CheckResult[] found = [.. answer.Checks.Where(check => check.Objects.Count > 0)];
            context.Report.Show(answer, () =>
            {
                foreach (CheckResult check in found)
                {
                    Write(context, check);
                }

                context.Report.Line($"{answer.Checks.Count} checks, {(found.Length == 0 ? "nothing found" : $"{found.Length} found something")}");
            });
            return found.Length == 0 ? ExitCodes.Passed : ExitCodes.TestsFailed;
        });
    }

    private static Command Mend(CommandRunner runner)
    {
        var checks = new Argument<string[]>("CHECK") { Description = "Names of checks; none: every one that can be mended without a decision.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        return runner.On(new Command("mend", "Mend what checks find. Written into the audit log.") { checks }, async context =>
        {
            string[] names = context.Get(checks);
            if (names.Length == 0)
            {
                ExamineResponse all = await context.Server.Doctor.ExamineAsync(new(), context.Server.Call(context.Stop));
                names = [.. all.Checks.Where(check => check.Mendable && check.Objects.Count > 0).Select(check => check.Name)];
            }

            var total = new MendResponse();
            List<string> lines = [];
            foreach (string name in names)
            {
                MendResponse answer = await context.Server.Doctor.MendAsync(new() { Check = name }, context.Server.Call(context.Stop));
                total.Mended += answer.Mended;
                lines.Add($"{name}: {answer.Mended} mended");
            }

            context.Report.Show(total, () => lines.ForEach(line => context.Report.Line(line)));
        });
    }

    private static void Write(CommandContext context, CheckResult check)
    {
        context.Report.Line(check.Name);
        context.Report.Line($"  {check.Meaning}");
        foreach (string what in check.Objects)
        {
            context.Report.Line($"  - {CleanText.Line(what)}");
        }

        if (check.More)
        {
            context.Report.Line("  - and more");
        }

        context.Report.Line($"  {check.Remedy}{(check.Mendable ? $" (orbit doctor mend {check.Name})" : "")}");
        context.Report.Line();
    }
}
