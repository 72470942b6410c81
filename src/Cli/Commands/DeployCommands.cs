using System.CommandLine;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Commands;

/// <summary><c>deploy last-good</c>: back to the newest build that passed.</summary>
internal static class DeployCommands
{
    public static Command Deploy(CommandRunner runner)
    {
        var deploy = new Command("deploy", "Deploy without choosing a build.");
        deploy.Subcommands.Add(LastGood(runner));
        return deploy;
    }

    private static Command LastGood(CommandRunner runner)
    {
        Argument<string> item = Inputs.Name("ITEM", "Id or name of the test item.");
        var lastGood = new Command("last-good", "Deploy and test the build whose newest run passed.") { item, TriggerCommands.Watch, TriggerCommands.GiveUpAfter };
        return runner.On(lastGood, async context =>
        {
            TestItem found = await Lookup.ItemAsync(context.Server, context.Get(item), context.Stop);
            Run good = await NewestPassedAsync(context, found);
            var request = new TriggerDeployTestRequest { TestItemId = found.Id, BuildInfoId = good.BuildId, IdempotencyKey = Guid.NewGuid().ToString("n") };
            return await TriggerCommands.StartedAsync(context, await context.Server.Runs.TriggerDeployTestAsync(request, context.Server.Call(context.Stop)));
        });
    }

    /// <summary>Runs without a build deployed nothing; they are passed over.</summary>
    private static async Task<Run> NewestPassedAsync(CommandContext context, TestItem item)
    {
        var request = new ListRunsRequest { TestItemId = item.Id, Verdict = { Verdict.Passed }, PageSize = 50 };
        do
        {
            ListRunsResponse page = await context.Server.Runs.ListRunsAsync(request, context.Server.Call(context.Stop));
            if (page.Runs.FirstOrDefault(run => run.BuildId != 0) is { } good)
            {
                return good;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        throw new UsageException($"no build of {item.Name} has passed yet", "NO_GOOD_BUILD");
    }
}
