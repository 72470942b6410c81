using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orbit.Agent.Tests.Packages;

/// <summary>
/// A server that answers the n-th request of a path exactly as a script says, byte for byte: cut bodies, wrong lengths,
/// silence. Each connection carries one request.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<ScriptedRequest, NetworkStream, CancellationToken, Task> _answer;
    private readonly Task _serving;

    public ScriptedServer(Func<ScriptedRequest, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        BaseUrl = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _serving = ServeAsync();
    }

    public string BaseUrl { get; }

    public List<ScriptedRequest> Requests { get; } = [];

    public static Task SendAsync(NetworkStream stream, string head, ReadOnlyMemory<byte> body, CancellationToken ct) =>
        stream.WriteAsync(Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\nConnection: close\r\n\r\n").Concat(body.ToArray()).ToArray(), ct).AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                open.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
                string first = (await reader.ReadLineAsync(_stop.Token))!;
                Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                {
                    headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
                }

                ScriptedRequest request;
                lock (Requests)
                {
                    string[] words = first.Split(' ');
                    int number = Requests.Count(r => r.Path == words[1] && r.Method == words[0]) + 1;
                    Requests.Add(request = new(words[0], words[1], number, headers));
                }

                await _answer(request, stream, _stop.Token);
            }
            catch (Exception left) when (left is IOException or OperationCanceledException)
            {
                // The client hung up or the test is over: both are part of what is tested.
            }
        }
    }
}

/// <param name="Number">Counts the requests of this method and path, from 1.</param>
internal sealed record ScriptedRequest(string Method, string Path, int Number, IReadOnlyDictionary<string, string> Headers)
{
    public int RangeStart => Headers.TryGetValue("Range", out string? range) ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
