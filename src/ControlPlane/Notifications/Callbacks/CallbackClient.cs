using System.Net;
using System.Net.Sockets;
using Orbit.ControlPlane.Settings;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>Makes the calls to other systems: to listed hosts alone, at addresses that are checked when they are connected to, without redirects.</summary>
internal sealed class CallbackClient : IDisposable
{
    private const int LongestAnswer = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly SettingsSnapshot _settings;
    private readonly HttpClient _http;

    public CallbackClient(SettingsSnapshot settings)
    {
        _settings = settings;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1), // a name that leads elsewhere now is looked up again
            ConnectCallback = ConnectAsync,
        };
        _http = new HttpClient(handler) { Timeout = Patience };
    }

    /// <summary>The hosts as they are listed now.</summary>
    public AllowedHosts Allowed => new(_settings.Get(SettingCatalog.CallbackAllowedHosts));

    /// <summary>Makes one call; says how it went.</summary>
    public async Task<DeliveryOutcome> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (!Allowed.Allows(request.RequestUri!))
        {
            return new($"Host {request.RequestUri!.Host} is not in the setting callback_allowed_hosts.", IsPermanent: true);
        }

        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            int code = (int)answer.StatusCode;
            return code is >= 200 and < 300
                ? DeliveryOutcome.Taken
                : new($"{request.RequestUri!.Host} answered {code} {Cut(answer.ReasonPhrase ?? "")}", IsPermanent: code is >= 300 and < 500 and not (401 or 403 or 404 or 408 or 425 or 429));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new($"{request.RequestUri!.Host} did not answer within {Patience.TotalSeconds:0} s.", IsPermanent: false);
        }
        catch (HttpRequestException failed)
        {
            return new($"{request.RequestUri!.Host} cannot be reached: {Cut(failed.InnerException is CallbackRefusedException refused ? refused.Message : failed.Message)}", IsPermanent: failed.InnerException is CallbackRefusedException);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Looks the name up, checks every address, and connects to one that was checked: not to what a second look-up might say.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        IPAddress[] found = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host.Trim('[', ']'), ct);
        IPAddress[] good = [.. found.Where(a => AllowedHosts.MayConnect(context.DnsEndPoint.Host, a))];
        if (good.Length == 0)
        {
            throw new CallbackRefusedException($"its name leads to {string.Join(", ", found.Take(3).Select(a => a.ToString()))}, which may only be called when the address itself is listed");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(good, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Cut(string text) => text.Length <= LongestAnswer ? text : text[..LongestAnswer];
}

/// <summary>An address that must not be called.</summary>
internal sealed class CallbackRefusedException(string message) : IOException(message);
