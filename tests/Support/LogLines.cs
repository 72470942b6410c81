using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orbit.Tests.Support;

/// <summary>One line that a server logged.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Id">Its event id.</param>
/// <param name="Category">Who logged it.</param>
/// <param name="Text">The line, followed by the exception if there was one.</param>
public sealed record LogLine(LogLevel Level, int Id, string Category, string Text);

/// <summary>Keeps what a server logs, so that a test can fail on an error nobody expected.</summary>
public sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly ConcurrentDictionary<int, bool> _expected = new();

    /// <summary>All lines so far, oldest first.</summary>
    public IReadOnlyCollection<LogLine> All => _lines;

    /// <summary>Error lines that no test said it expects, without those by which gRPC says that a caller left while it was still sending.</summary>
    public IEnumerable<LogLine> UnexpectedErrors =>
        _lines.Where(l => l.Level >= LogLevel.Error && !_expected.ContainsKey(l.Id) && !IsOfACallerThatLeft(l));

    /// <summary>Error lines of these event ids are part of the test.</summary>
    public void ExpectErrors(params ReadOnlySpan<int> eventIds)
    {
        foreach (int id in eventIds)
        {
            _expected[id] = true;
        }
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    // A test that gives a call a short deadline resets its request stream when a busy machine has not read the request by then.
    private static bool IsOfACallerThatLeft(LogLine line) =>
        line.Category == "Grpc.AspNetCore.Server.ServerCallHandler"
        && line.Text.Contains("System.IO.IOException: The client reset the request stream.", StringComparison.Ordinal);

    /// <inheritdoc />
    public void Dispose()
    {
        // nothing is held
    }

    private sealed class Writer(LogLines lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string text = formatter(state, exception);
            lines._lines.Enqueue(new LogLine(logLevel, eventId.Id, category, exception is null ? text : $"{text}\n{exception}"));
        }
    }
}
