using System.CommandLine;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>job-versions</c>, <c>job-version set|sync</c>.</summary>
internal static class JobVersionCommands
{
    public static IEnumerable<Command> All(CommandRunner runner)
    {
        var command = new Command("job-version", "Select which build of a job is tested.");
        command.Subcommands.Add(Set(runner));
        command.Subcommands.Add(Sync(runner));
        return [List(runner), command];
    }

    private static Command List(CommandRunner runner)
    {
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        return runner.On(new Command("job-versions", "List the selected build of every job.") { limit }, async context =>
        {
            var answer = new ListJobVersionsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.JobVersions, context.Get(limit), async (size, token) =>
            {
                var request = new ListJobVersionsRequest { PageSize = size, PageToken = token };
                ListJobVersionsResponse page = await context.Server.JobVersions.ListJobVersionsAsync(request, context.Server.Call(context.Stop));
                return (page.JobVersions, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["JOB", "BUILD", "AUTO-SYNC", "SELECTED BY", "SELECTED", "NEXT SYNC"],
                [.. answer.JobVersions.Select(version => new Span[]
                {
                    version.JobName, version.BuildId == 0 ? "" : $"{version.BuildId}", version.AutoSync ? "on" : "off",
                    version.SelectedBy, Durations.Moment(version.SelectedAt), Durations.Moment(version.NextSyncAt),
                })]));
        });
    }

    private static Command Set(CommandRunner runner)
    {
        Argument<string> job = Inputs.Name("JOB", "Name of the CI job.");
        Option<long?> build = Inputs.Number("--build", "Id of the build to select.", "ID", 1);
        Option<string> sync = Inputs.Text("--auto-sync", "Follow the job's newest build.", "on|off");
        Option<long?> interval = Inputs.Number("--interval", "Pause between two automatic selections in seconds (86400).", "SECONDS", 60, 2_592_000);
        var set = new Command("set", "Select a build, or turn auto-sync on or off.") { job, build, sync, interval };
        return runner.On(set, async context =>
        {
            var request = new PutJobVersionRequest { JobName = context.Get(job) };
            if (context.Get(build) is { } id)
            {
                request.BuildId = id;
            }

            if (context.Get(sync) is { } auto)
            {
                request.AutoSync = OnOff.Parse(auto, "--auto-sync");
            }

            if (context.Get(interval) is { } seconds)
            {
                request.SyncIntervalS = seconds;
            }

            Write(context, await context.Server.JobVersions.PutJobVersionAsync(request, context.Server.Call(context.Stop)));
        });
    }

    private static Command Sync(CommandRunner runner)
    {
        Argument<string> job = Inputs.Name("JOB", "Name of the CI job.");
        return runner.On(new Command("sync", "Select the job's newest build now.") { job }, async context =>
            Write(context, await context.Server.JobVersions.SyncJobVersionAsync(new() { JobName = context.Get(job) }, context.Server.Call(context.Stop))));
    }

    private static void Write(CommandContext context, JobVersion version) => context.Report.Show(version, () =>
        context.Report.Line($"{version.JobName}: {(version.BuildId == 0 ? "no build selected" : $"build {version.BuildId}")}, auto-sync {(version.AutoSync ? "on" : "off")}"));
}
