using System.CommandLine;
using Grpc.Core;
using Orbit.Cli.Output;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>builds</c>, <c>build</c>, <c>build post</c>.</summary>
internal static class BuildCommands
{
    public static IEnumerable<Command> All(CommandRunner runner) => [List(runner), Show(runner)];

    private static Command List(CommandRunner runner)
    {
        Option<string> job = Inputs.Text("--job", "Only builds of this job.", "JOB");
        Option<string> user = Inputs.Text("--user", "Only builds that this user started.", "USER");
        Option<string> query = Inputs.Text("--query", "Only builds with this text in job, number, path or user.", "TEXT");
        Option<long?> limit = Inputs.Number("--limit", "At most so many (50).", "N", 1, 100_000);
        var list = new Command("builds", "List announced builds, newest first.") { job, user, query, limit };
        return runner.On(list, async context =>
        {
            var answer = new ListBuildsResponse();
            answer.NextPageToken = await Paging.ReadAsync(answer.Builds, context.Get(limit), async (size, token) =>
            {
                var request = new ListBuildsRequest
                {
                    JobName = context.Get(job) ?? "",
                    BuildUser = context.Get(user) ?? "",
                    Query = context.Get(query) ?? "",
                    PageSize = size,
                    PageToken = token,
                };
                ListBuildsResponse page = await context.Server.Builds.ListBuildsAsync(request, context.Server.Call(context.Stop));
                return (page.Builds, page.NextPageToken);
            });
            context.Report.Show(answer, () => context.Report.Columns(
                ["ID", "JOB", "NUMBER", "USER", "CREATED", "PACKAGE"],
                [.. answer.Builds.Select(build => new Span[]
                {
                    $"{build.Id}", build.JobName, build.BuildNumber, build.BuildUser, Durations.Moment(build.CreatedAt), build.PackagePath,
                })]));
        });
    }

    private static Command Show(CommandRunner runner)
    {
        Argument<long> id = Inputs.Id("ID", "The build's id.");
        var show = new Command("build", "Show one build, or announce one.") { id };
        show.Subcommands.Add(Post(runner));
        return runner.On(show, async context =>
        {
            Build build = await context.Server.Builds.GetBuildAsync(new() { Id = context.Get(id) }, context.Server.Call(context.Stop));
            context.Report.Show(build, () =>
            {
                context.Report.Fact("id", $"{build.Id}");
                context.Report.Fact("job", build.JobName);
                context.Report.Fact("number", build.BuildNumber);
                context.Report.Fact("user", build.BuildUser);
                context.Report.Fact("package", build.PackagePath);
                context.Report.Fact("created", Durations.Moment(build.CreatedAt));
                foreach ((string key, string value) in build.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
                {
                    context.Report.Fact("label", $"{key}={value}");
                }
            });
        });
    }

    private static Command Post(CommandRunner runner)
    {
        Option<string> job = Inputs.Text("--job", "Name of the CI job.", "JOB");
        Option<string> number = Inputs.Text("--number", "CI's number of the build.", "N");
        Option<string> path = Inputs.Text("--path", "Directory of the package below the package server's base address.", "PATH");
        job.Required = number.Required = path.Required = true;
        Option<string> user = Inputs.Text("--user", "Who started the build.", "USER");
        Option<string[]> labels = Inputs.Many("--label", "A further fact, e.g. GIT_COMMIT=0a1b2c. May be repeated.", "KEY=VALUE");
        Option<string> webhook = Inputs.Text("--webhook-token", "The server's webhook token; better in $ORBIT_WEBHOOK_TOKEN, where no process list shows it.", "TOKEN");
        var post = new Command("post", "Announce a build, as CI does. Posting it again changes nothing.") { job, number, path, user, labels, webhook };
        return runner.On(post, async context =>
        {
            var request = new PostBuildRequest
            {
                JobName = context.Get(job),
                BuildNumber = context.Get(number),
                PackagePath = context.Get(path),
                BuildUser = context.Get(user) ?? "",
            };
            foreach ((string key, string value) in Inputs.Pairs(context.Get(labels), "--label"))
            {
                request.Labels[key] = value;
            }

            var headers = new Metadata();
            string? token = context.Get(webhook) ?? context.Shell.Variable("ORBIT_WEBHOOK_TOKEN");
            if (!string.IsNullOrEmpty(token))
            {
                headers.Add("x-orbit-token", token.Trim());
            }

            PostBuildResponse build = await context.Server.Builds.PostBuildAsync(request, context.Server.Call(context.Stop, headers));
            context.Report.Show(build, () =>
                context.Report.Line($"build {build.Id}: {build.JobName} #{build.BuildNumber}{(build.Duplicate ? " (was announced before)" : "")}"));
        });
    }
}
