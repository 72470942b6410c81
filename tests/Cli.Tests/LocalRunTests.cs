using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Orbit.Cli.Tests.Support;

namespace Orbit.Cli.Tests;

/// <summary>API tests on this machine, without a server.</summary>
public sealed class LocalRunTests
{
    [Fact]
    public async Task No_more_rows_run_at_once_than_the_smallest_pool_of_the_scenario_has_places()
    {
        await using Crowd crowd = await Crowd.StartAsync();
        using var cli = new OrbitCli();
        string document = Path.Combine(cli.Folder, "shop.yaml");
        string data = Path.Combine(cli.Folder, "rows.csv");
        await File.WriteAllTextAsync(document, $$"""
            orbit: 1
            cases:
              - {name: browse, uses: [browser, account-a], request: {url: "{{crowd.Url}}"}, assert: [{status: 200}]}
              - {name: look, request: {url: "{{crowd.Url}}"}, assert: [{status: 200}]}
            """);
        await File.WriteAllTextAsync(data, "n\n" + string.Concat(Enumerable.Range(0, 3).Select(i => $"{i}\n")));

        Outcome alone = await cli.RunAsync("api", "run", document, "--run", "browse", "--data", data, "--concurrency", "3");
        Assert.Equal((0, "orbit: 1 instead of 3 rows at a time: resource pool 'account-a'; --pool account-a=N when it has more places\n"), (alone.ExitCode, alone.Error));
        Assert.Equal(1, crowd.TakeMost());
        Outcome two = await cli.RunAsync("api", "run", document, "--run", "browse", "--data", data, "--concurrency", "3", "--pool", "account-a=2", "--pool", "browser=5");
        Assert.Equal((0, "orbit: 2 instead of 3 rows at a time: resource pool 'account-a'; --pool account-a=N when it has more places\n"), (two.ExitCode, two.Error));
        Assert.Equal(2, crowd.TakeMost());
        Outcome free = await cli.RunAsync("api", "run", document, "--run", "look", "--data", data, "--concurrency", "3");
        Assert.Equal((0, ""), (free.ExitCode, free.Error));
        Assert.InRange(crowd.TakeMost(), 2, 3);
    }

    [Theory]
    [InlineData("browser=0", "write NAME=N")]
    [InlineData("browser", "write NAME=N")]
    [InlineData("browsr=2", "browse uses browser")]
    public async Task A_wrong_pool_is_refused_before_anything_is_sent(string pool, string problem)
    {
        using var cli = new OrbitCli();
        string document = Path.Combine(cli.Folder, "shop.yaml");
        await File.WriteAllTextAsync(document, """
            orbit: 1
            cases: [{name: browse, uses: [browser], request: {url: "http://127.0.0.1:1/"}}]
            """);

        Outcome refused = await cli.RunAsync("api", "run", document, "--run", "browse", "--pool", pool);

        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Contains(problem, refused.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// A web server that lets a request wait until as many are there as a test can want, or none has come for a while, and counts how many were
    /// there at once.
    /// </summary>
    private sealed class Crowd : IAsyncDisposable
    {
        private const int Enough = 3;
        private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);
        private readonly WebApplication _app;
        private readonly SemaphoreSlim _full = new(0);
        private readonly Lock _lock = new();
        private int _now;
        private int _most;

        private Crowd(WebApplication app) => _app = app;

        public string Url => _app.Urls.First();

        public static async Task<Crowd> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            WebApplication app = builder.Build();
            var crowd = new Crowd(app);
            app.Run(crowd.AnswerAsync);
            await app.StartAsync();
            return crowd;
        }

        /// <summary>How many were there at once since it was asked last.</summary>
        public int TakeMost()
        {
            lock (_lock)
            {
                (int most, _most) = (_most, 0);
                return most;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _app.DisposeAsync();
            _full.Dispose();
        }

        private async Task AnswerAsync(HttpContext context)
        {
            lock (_lock)
            {
                _most = Math.Max(_most, ++_now);
                if (_now >= Enough)
                {
                    _full.Release(_now);
                }
            }

            await _full.WaitAsync(Quiet, context.RequestAborted);
            lock (_lock)
            {
                _now--;
            }
        }
    }
}
