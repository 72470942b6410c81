using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent;

/// <summary>
/// Log lines on standard output, one a line: time, level, event id, message; with <c>ORBIT_AGENT_LOG=json</c> one JSON object a line with
/// every named value. Debug lines with <c>ORBIT_AGENT_LOG_LEVEL=debug</c>.
/// </summary>
internal sealed class ConsoleLines : ILoggerFactory
{
    private readonly TimeProvider _time;
    private readonly TextWriter _output;
    private readonly bool _json;
    private readonly LogLevel _lowest;
    private readonly Lock _gate = new();

    public ConsoleLines(TimeProvider time, TextWriter output)
    {
        (_time, _output) = (time, output);
        _json = Environment.GetEnvironmentVariable("ORBIT_AGENT_LOG") == "json";
        _lowest = Environment.GetEnvironmentVariable("ORBIT_AGENT_LOG_LEVEL") == "debug" ? LogLevel.Debug : LogLevel.Information;
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place that lines go to.");

    /// <inheritdoc/>
    public void Dispose()
    {
        // lines are written when they come
    }

    private void Write(string category, LogLevel level, EventId id, string message, object? state, Exception? exception)
    {
        string line = _json ? Json(category, level, id, message, state, exception) : Text(level, id, message, exception);
        lock (_gate)
        {
            try
            {
                _output.WriteLine(line);
                _output.Flush();
            }
            catch (IOException)
            {
                // A full disk or a closed pipe behind standard output must not end deployments; there is nowhere left to say so.
            }
        }
    }

    private string Text(LogLevel level, EventId id, string message, Exception? exception)
    {
        string text = $"{_time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {level.ToString().ToLowerInvariant(),-11} {id.Id} {message}";
        return exception is null ? text : $"{text}{Environment.NewLine}{exception}";
    }

    private string Json(string category, LogLevel level, EventId id, string message, object? state, Exception? exception)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time", _time.GetUtcNow());
            json.WriteString("level", level.ToString().ToLowerInvariant());
            json.WriteNumber("event", id.Id);
            json.WriteString("name", id.Name);
            json.WriteString("category", category);
            json.WriteString("message", message);
            foreach (KeyValuePair<string, object?> value in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
            {
                if (value.Key != "{OriginalFormat}")
                {
                    json.WriteString(value.Key, Convert.ToString(value.Value, System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private sealed class Lines(ConsoleLines to, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= to._lowest && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                to.Write(category, logLevel, eventId, formatter(state, exception), state, exception);
            }
        }
    }
}
