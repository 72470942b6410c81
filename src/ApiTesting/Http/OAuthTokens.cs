using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;
using Orbit.ApiTesting.Variables;

namespace Orbit.ApiTesting.Http;

/// <summary>OAuth2 client credentials: a token is fetched once for all rows and renewed shortly before it ends.</summary>
internal sealed class OAuthTokens(HttpTransport transport)
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<(string, string, string, string), Slot> _slots = new();

    public async Task<PreparedRequest> SignAsync(PreparedRequest request, Authentication auth, VariableScope scope, CancellationToken ct)
    {
        string secret = auth.Second!.Render(scope);
        scope.Masked.Add(secret);
        (string, string, string, string) key = (auth.TokenUrl!.Render(scope), auth.First.Render(scope), secret, auth.Scope?.Render(scope) ?? "");
        Slot slot = _slots.GetOrAdd(key, _ => new());
        await slot.Gate.WaitAsync(ct);
        try
        {
            if (slot.Token is null || (slot.Life is { } life && Stopwatch.GetElapsedTime(slot.Fetched) > life - Early))
            {
                await FetchAsync(slot, key, auth, request.Tls, ct);
            }
        }
        finally
        {
            _ = slot.Gate.Release();
        }

        scope.Masked.Add(slot.Token!);
        return request with { Headers = [.. request.Headers, new("Authorization", $"Bearer {slot.Token}")] };
    }

    private async Task FetchAsync(Slot slot, (string Url, string Id, string Secret, string Scope) key, Authentication auth, TlsChoice tls, CancellationToken ct)
    {
        if (!Uri.TryCreate(key.Url, UriKind.Absolute, out Uri? url))
        {
            throw new RequestException(auth.TokenUrl!.Place, $"'{key.Url}' is no address");
        }

        string form = $"grant_type=client_credentials&client_id={Uri.EscapeDataString(key.Id)}&client_secret={Uri.EscapeDataString(key.Secret)}"
            + (key.Scope.Length == 0 ? "" : $"&scope={Uri.EscapeDataString(key.Scope)}");
        Exchange answer = await transport.SendAsync(
            new() { Method = "POST", Url = url, Headers = [new("Content-Type", "application/x-www-form-urlencoded")], Body = Encoding.UTF8.GetBytes(form), Tls = tls }, jar: null, ct);
        try
        {
            JsonElement json = answer.Status == 200 ? JsonText.Parse(answer.Body) : default;
            slot.Token = json.ValueKind is JsonValueKind.Object && json.TryGetProperty("access_token", out JsonElement token) && token.ValueKind is JsonValueKind.String ? JsonText.TextOf(token) : null;
            slot.Life = slot.Token is not null && json.TryGetProperty("expires_in", out JsonElement life) && life.TryGetInt32(out int seconds) ? TimeSpan.FromSeconds(seconds) : null;
            slot.Fetched = Stopwatch.GetTimestamp();
        }
        catch (JsonException)
        {
            slot.Token = null;
        }

        if (slot.Token is null)
        {
            throw new RequestException(auth.TokenUrl!.Place, answer.ErrorClass.Length > 0 ? $"no token: {answer.Error}" : $"no token: the server answered {answer.Status} without access_token");
        }
    }

    private sealed class Slot
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public string? Token { get; set; }

        public TimeSpan? Life { get; set; }

        public long Fetched { get; set; }
    }
}
