using System.Net;
using System.Net.Sockets;

namespace Orbit.Agent.Packages;

/// <summary>
/// Sends requests to a package server: follows redirects within the same origin only, never decodes content, never
/// sends cookies, and tells answers that may be better next time from those that will not.
/// </summary>
internal sealed class PackageServer(HttpClient http)
{
    private const int MaxRedirects = 5;

    /// <summary>The client that this class expects; made once for a process. <see cref="HttpClient.Timeout"/> is off: every wait has its own bound.</summary>
    public static HttpClient CreateClient() =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                Credentials = null,
                ConnectTimeout = TimeSpan.FromSeconds(15),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a changed name is looked up again
                ConnectCallback = ConnectAsync,
            })
        { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Sends a request and answers as soon as the headers are there.</summary>
    /// <param name="address">Where to; redirects start from here.</param>
    /// <param name="prepare">Adds what the request needs; called once for each hop.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="InterruptedTransfer">Trying again may help.</exception>
    /// <exception cref="PackageRefusal">The redirect leads elsewhere.</exception>
    public async Task<HttpResponseMessage> SendAsync(Uri address, Action<HttpRequestMessage> prepare, CancellationToken ct)
    {
        Uri current = address;
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, current);
            request.Headers.AcceptEncoding.ParseAdd("identity");
            prepare(request);
            HttpResponseMessage response = await SendOnceAsync(request, ct).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Redirect
                or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }

            Uri? location = response.Headers.Location;
            response.Dispose();
            current = Follow(current, location);
        }

        throw new PackageRefusal(
            PackageRefusal.RedirectRefused, $"{address} was redirected more than {MaxRedirects} times.");
    }

    /// <summary>Turns an answer that is no success into the right error.</summary>
    public static void RequireSuccess(HttpResponseMessage response, Uri address)
    {
        int status = (int)response.StatusCode;
        if (status is >= 200 and < 300)
        {
            return;
        }

        string words = $"{address} was answered {status} {response.ReasonPhrase}.";
        throw status switch
        {
            404 or 410 => new PackageRefusal(PackageRefusal.NotFound, words),
            408 or 425 or 429 or >= 500 => new InterruptedTransfer(words),
            _ => new PackageRefusal(PackageRefusal.ServerRefused, words),
        };
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        }
        catch (HttpRequestException failed) when (failed.InnerException is PackageRefusal refusal)
        {
            throw new PackageRefusal(refusal.Reason, refusal.Message, failed);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            throw new InterruptedTransfer($"{request.RequestUri} could not be reached: {failed.Message}", failed);
        }
    }

    private static Uri Follow(Uri from, Uri? location)
    {
        if (location is null || !Uri.TryCreate(from, location, out Uri? next))
        {
            throw new PackageRefusal(PackageRefusal.RedirectRefused, $"{from} was redirected to no usable address.");
        }

        bool sameOrigin = next.Scheme == from.Scheme && next.Port == from.Port && next.UserInfo.Length == 0
            && string.Equals(next.IdnHost, from.IdnHost, StringComparison.OrdinalIgnoreCase);
        return sameOrigin
            ? next
            : throw new PackageRefusal(
                PackageRefusal.RedirectRefused,
                $"{from} was redirected to another origin ({next.Scheme}://{next.Host}:{next.Port}), which is not followed.");
    }

    /// <summary>A name must not lead to this host or to the link-local addresses where clouds keep credentials; a literal loopback address is the operator's own choice.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        string host = context.DnsEndPoint.Host;
        bool loopbackMeant = host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out IPAddress? literal) && IPAddress.IsLoopback(literal));
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, ct).ConfigureAwait(false);
        IPAddress[] allowed = [.. addresses.Where(a => IsAllowed(a, loopbackMeant))];
        if (allowed.Length == 0)
        {
            throw new PackageRefusal(
                PackageRefusal.AddressRefused,
                $"The package server's name '{host}' leads to an address that is not allowed ({string.Join(", ", addresses.Select(a => a.ToString()))}).");
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsAllowed(IPAddress address, bool loopbackMeant)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IPAddress.IsLoopback(plain))
        {
            return loopbackMeant;
        }

        byte[] bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] != 0 && bytes[0] < 224 && !(bytes[0] == 169 && bytes[1] == 254)
            : !plain.IsIPv6LinkLocal && !plain.IsIPv6Multicast && !plain.Equals(IPAddress.IPv6Any);
    }
}

/// <summary>A transfer broke off in a way that another attempt may mend.</summary>
internal sealed class InterruptedTransfer(string message, Exception? inner = null) : Exception(message, inner);
