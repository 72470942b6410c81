using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orbit.Agent.Care;
using Orbit.Agent.Policy;
using Orbit.Agent.Processes;

namespace Orbit.Agent.Tests.Care;

public sealed class HostCheckTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    public HostCheckTests()
    {
        Directory.CreateDirectory(_directory["data/work"]);
        File.SetUnixFileMode(_directory.Root, (UnixFileMode)0b111_101_101);
    }

    public void Dispose()
    {
        _limit.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Free_space_that_the_system_does_not_tell_is_unknown_and_told_once_until_it_is_known_again()
    {
        Lines log = new();
        Exception? failure = new UnauthorizedAccessException("not for you");
        FreeSpace space = new("/data", wanted: 500, log, _ => failure is null ? 400 : throw failure);

        Assert.Null(space.Bytes());
        failure = new IOException("stale file handle");
        Assert.Null(space.Short());
        Assert.Single(log.Written);
        failure = null;
        Assert.Equal(400, space.Bytes());
        Assert.Contains("/data has 0 MB free", space.Short(), StringComparison.Ordinal);
        failure = new IOException("stale file handle");
        Assert.Null(space.Bytes());
        Assert.Equal(2, log.Written.Count);
    }

    [Fact]
    public async Task What_cannot_be_looked_at_is_a_finding_and_the_rest_is_looked_at()
    {
        FreeSpace space = new(_directory["data"], wanted: 1, NullLogger<FreeSpace>.Instance, _ => throw new UnauthorizedAccessException("not for you"));
        await File.WriteAllTextAsync(_directory["data/check"], "a file where a directory is to be");
        Lines<HostCheck> log = new();
        HostCheck check = new(Policy, space, Trial(Script("exit 0"), Long), TimeProvider.System, log);

        IReadOnlyList<HostFinding> found = await check.LookAsync(DateTimeOffset.UnixEpoch, "gopher://packages", _limit.Token);

        Assert.Equal("disk clock interpreter tools policy package_server", string.Join(' ', found.Select(one => one.Name)));
        Assert.Equal("False False False True True False", string.Join(' ', found.Select(one => one.Ok)));
        Assert.StartsWith("unknown: ", found[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("unknown: ", found[2].Text, StringComparison.Ordinal);
        Assert.Single(log.Written);
    }

    [Fact]
    public async Task An_interpreter_that_hangs_is_ended_with_all_that_it_started()
    {
        string python = Script($"sh -c 'echo $$ >{_directory["pid"]}; trap \"\" TERM HUP; sleep 600; :' & wait");
        HostFinding found = await Trial(python, TimeSpan.FromSeconds(1)).RunAsync(_limit.Token);

        Assert.Equal((false, $"{python} -m pytest --version did not end within 1 s"), (found.Ok, found.Text));
        int child = int.Parse(await File.ReadAllTextAsync(_directory["pid"]), System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.TrueAsync(() => !ProcessStatus.TryRead(child, out ProcessStatus left) || left.IsDead, () => ProcessStatus.CommandLine(child));
        Assert.DoesNotContain(ProcessStatus.All(), one => !one.IsDead && ProcessStatus.CommandLine(one.Pid).Contains(_directory.Root, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_directory["data/check"]));
    }

    [Fact]
    public async Task The_interpreter_is_tried_as_the_user_of_steps_without_the_agents_environment()
    {
        Assert.True(Environment.IsPrivilegedProcess, "This test needs root.");
        await File.WriteAllTextAsync(_directory["policy.json"], """{"run_as": "nobody"}""");
        HostPolicy policy = HostPolicy.Load(_directory["policy.json"], _directory["data"], []);
        InterpreterTrial trial = new(policy, _directory["data"], Long, [_directory["absent"], Script("echo \"$(id -un) $HOME ${ORBIT_TOKEN:-none} $*\"")]);

        HostFinding found = await trial.RunAsync(_limit.Token);

        Assert.True(found.Ok, found.Text);
        Assert.EndsWith("script as nobody: nobody /nonexistent none -m pytest --version", found.Text, StringComparison.Ordinal);
    }

    private HostPolicy Policy => HostPolicy.Default(_directory["data"], []);

    private InterpreterTrial Trial(string python, TimeSpan limit) => new(Policy, _directory["data"], limit, [python]);

    private string Script(string text)
    {
        string path = _directory["script"];
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    private class Lines<T> : ILogger<T>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }

    private sealed class Lines : Lines<FreeSpace>;
}
