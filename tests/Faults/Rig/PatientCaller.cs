using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Orbit.Faults.Rig;

/// <summary>
/// Asks as a careful program does: the same request with the same key until it is answered 2xx. Writes down what was acknowledged.
/// </summary>
internal sealed class PatientCaller(Uri server, string token) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(2) })
    {
        BaseAddress = server,
        Timeout = TimeSpan.FromSeconds(5),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    /// <summary>Run ids by the key that was acknowledged with them.</summary>
    public ConcurrentDictionary<string, long> Runs { get; } = new();

    /// <summary>Build ids by their number.</summary>
    public ConcurrentDictionary<string, long> Builds { get; } = new();

    /// <summary>Answers that were neither 2xx nor "later".</summary>
    public ConcurrentBag<string> Refusals { get; } = [];

    /// <summary>Triggers an item.</summary>
    public async Task TriggerAsync(long item, string key, CancellationToken ct)
    {
        JsonNode? answer = await AskAsync($"/api/v1/test-items/{item}/deploy-test", new() { ["idempotency_key"] = key }, ct);
        if (answer is not null)
        {
            long id = (long)answer["id"]!;
            Assert.Equal(id, Runs.GetOrAdd(key, id));
        }
    }

    /// <summary>Announces a build.</summary>
    public async Task AnnounceAsync(string number, CancellationToken ct)
    {
        JsonObject build = new() { ["BUILD_USER"] = "ci", ["JOB_NAME"] = "lab/any", ["PACKAGE_PATH"] = $"any/{number}", ["BUILD_NUMBER"] = number };
        JsonNode? answer = await AskAsync("/api/v1/builds", build, ct);
        if (answer is not null)
        {
            long id = (long)answer["id"]!;
            Assert.Equal(id, Builds.GetOrAdd(number, id));
        }
    }

    /// <summary>Reads, as often as it takes.</summary>
    public async Task<JsonNode> ReadAsync(string path, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
                if (answer.IsSuccessStatusCode)
                {
                    return JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!;
                }

                Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}");
            }
            catch (Exception away) when (IsAway(away, ct))
            {
                // again
            }

            await Task.Delay(Pause, ct);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> AskAsync(string path, JsonObject body, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using HttpResponseMessage answer = await _http.PostAsJsonAsync(path, body, ct);
                string text = await answer.Content.ReadAsStringAsync(ct);
                if (answer.IsSuccessStatusCode)
                {
                    return JsonNode.Parse(text);
                }

                if (answer.StatusCode is not HttpStatusCode.ServiceUnavailable)
                {
                    Refusals.Add($"{path}: {(int)answer.StatusCode} {text}");
                    return null;
                }
            }
            catch (Exception away) when (IsAway(away, CancellationToken.None))
            {
                // nobody knows whether it was done: ask again with the same key
            }

            await Task.Delay(Pause, CancellationToken.None);
        }

        return null;
    }

    private static bool IsAway(Exception failure, CancellationToken ct) =>
        failure is HttpRequestException or IOException || (failure is OperationCanceledException && !ct.IsCancellationRequested);
}
