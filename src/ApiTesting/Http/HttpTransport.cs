using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orbit.ApiTesting.Documents;

namespace Orbit.ApiTesting.Http;

/// <summary>
/// Sends requests. One for a whole run: connections are shared, nothing else is. An exchange never throws for what the network or the
/// other side did; the error and its class are part of it.
/// </summary>
public sealed class HttpTransport(TransportOptions options, TimeProvider time) : IDisposable
{
    private readonly Dialling _dialling = new(options.Forbidden);
    private readonly ConcurrentDictionary<(TlsChoice, Uri?), HttpMessageInvoker> _invokers = new();
    private readonly ConcurrentDictionary<string, TokenBucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>The options.</summary>
    public TransportOptions Options => options;

    /// <summary>Sends one request and follows its redirects.</summary>
    /// <param name="request">What to send.</param>
    /// <param name="jar">Cookies of the row: read before and written after each hop; null for none.</param>
    /// <param name="ct">Ends the exchange as <c>stopped</c>.</param>
    public async Task<Exchange> SendAsync(PreparedRequest request, CookieJar? jar, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(request.Timeout);
        List<string>? hops = null;
        PreparedRequest current = request;
        while (true)
        {
            var times = new DialTimes();
            Exchange exchange = await OnceAsync(current, jar, times, started, limit.Token, ct);
            exchange = hops is null ? exchange : exchange with { Redirected = hops };
            if (exchange.Status is not (301 or 302 or 303 or 307 or 308) || request.Redirects == 0 || Location(exchange) is not { } target)
            {
                return exchange;
            }

            if ((hops ??= []).Count >= request.Redirects)
            {
                return exchange with { ErrorClass = "protocol", Error = $"more than {request.Redirects} redirects, the last to {target}" };
            }

            hops.Add(current.Url.ToString());
            current = Redirected(current, exchange.Status, target);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (HttpMessageInvoker invoker in _invokers.Values)
        {
            invoker.Dispose();
        }
    }

    private async Task<Exchange> OnceAsync(PreparedRequest request, CookieJar? jar, DialTimes times, long started, CancellationToken limit, CancellationToken stop)
    {
        try
        {
            if (options.RatePerHost > 0)
            {
                await _buckets.GetOrAdd(request.Url.Authority, _ => new(options.RatePerHost, time)).TakeAsync(limit);
            }

            if (request.Proxy is not null && options.Forbidden.Count > 0)
            {
                _ = await _dialling.ResolveAsync(request.Url.DnsSafeHost, limit); // the proxy would connect in our place
            }

            return await ExchangeAsync(request, jar, times, started, limit);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException or SocketException or AuthenticationException or CryptographicException or InvalidOperationException or UriFormatException or NotSupportedException)
        {
            (string errorClass, string words) = stop.IsCancellationRequested ? ("stopped", "the run was stopped")
                : limit.IsCancellationRequested ? ("timeout", $"no whole answer within {request.Timeout.TotalMilliseconds:0} ms")
                : Classify(times.Refused ?? failed);
            return new() { Request = request, ErrorClass = errorClass, Error = words, Timings = Times(times, started, null), Address = times.Address };
        }
    }

    private async Task<Exchange> ExchangeAsync(PreparedRequest request, CookieJar? jar, DialTimes times, long started, CancellationToken ct)
    {
        using HttpRequestMessage message = Message(request, jar);
        message.Options.Set(DialTimes.Key, times);
        using HttpResponseMessage response = await Invoker(request).SendAsync(message, ct);
        double firstByte = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        (ReadOnlyMemory<byte> kept, long size, string? hash) = await BodyReading.ReadAsync(response.Content, options, ct);
        List<KeyValuePair<string, string>> headers = Headers(response);
        jar?.Take(request.Url, headers);
        return new()
        {
            Request = request,
            Status = (int)response.StatusCode,
            Version = response.Version.Major == 1 && response.Version.Minor == 1 ? "1.1" : response.Version.ToString(),
            Headers = headers,
            Body = kept,
            Size = size,
            Hash = hash,
            Timings = Times(times, started, firstByte),
            Address = times.Address,
        };
    }

    private static HttpRequestMessage Message(PreparedRequest request, CookieJar? jar)
    {
        var message = new HttpRequestMessage(HttpMethod.Parse(request.Method), request.Url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
        }

        string? cookies = jar?.For(request.Url);
        foreach ((string name, string value) in request.Headers)
        {
            if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            {
                cookies = cookies is null ? value : $"{value}; {cookies}";
            }
            else if (!message.Headers.TryAddWithoutValidation(name, value) && message.Content?.Headers.TryAddWithoutValidation(name, value) is not true && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
            {
                throw new NotSupportedException($"'{name}' cannot be sent as a header");
            }
        }

        if (cookies is not null)
        {
            _ = message.Headers.TryAddWithoutValidation("Cookie", cookies);
        }

        return message;
    }

    private static List<KeyValuePair<string, string>> Headers(HttpResponseMessage response)
    {
        var headers = new List<KeyValuePair<string, string>>(8);
        foreach (HttpHeaders part in (ReadOnlySpan<HttpHeaders>)[response.Headers, response.Content.Headers])
        {
            foreach ((string name, HeaderStringValues values) in part.NonValidated)
            {
                foreach (string value in values)
                {
                    headers.Add(new(name, value));
                }
            }
        }

        return headers;
    }

    private static Timings Times(DialTimes times, long started, double? firstByte) =>
        new(times.Dns, times.Connect, times.Tls, firstByte, Stopwatch.GetElapsedTime(started).TotalMilliseconds);

    private static Uri? Location(Exchange exchange)
    {
        string? location = exchange.Headers.FirstOrDefault(h => h.Key.Equals("Location", StringComparison.OrdinalIgnoreCase)).Value;
        return location is not null && Uri.TryCreate(exchange.Request.Url, location, out Uri? target) && target.Scheme is "http" or "https" ? target : null;
    }

    private static PreparedRequest Redirected(PreparedRequest before, int status, Uri target)
    {
        bool asGet = status == 303 || (status is 301 or 302 && before.Method == "POST");
        bool elsewhere = before.Url.Authority != target.Authority || before.Url.Scheme != target.Scheme;
        bool Stays(string name) => !(elsewhere && (name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)))
            && !(asGet && name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase));
        return before with
        {
            Url = target,
            Method = asGet && before.Method != "HEAD" ? "GET" : before.Method,
            Body = asGet ? null : before.Body,
            Headers = [.. before.Headers.Where(h => Stays(h.Key))],
        };
    }

    private HttpMessageInvoker Invoker(PreparedRequest request) =>
        _invokers.TryGetValue((request.Tls, request.Proxy), out HttpMessageInvoker? invoker) ? invoker : _invokers.GetOrAdd((request.Tls, request.Proxy), Make);

    private HttpMessageInvoker Make((TlsChoice Tls, Uri? Proxy) of)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            UseProxy = of.Proxy is not null,
            Proxy = of.Proxy is null ? null : new WebProxy(of.Proxy),
            MaxConnectionsPerServer = options.Connections,
            ConnectCallback = _dialling.ConnectAsync,
            PlaintextStreamFilter = Dialling.SecuredAsync,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            SslOptions = Tls(of.Tls),
        };
        return new(handler, disposeHandler: true);
    }

    private static SslClientAuthenticationOptions Tls(TlsChoice choice)
    {
        var tls = new SslClientAuthenticationOptions();
        if (choice.Certificate is { } certificate)
        {
            tls.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, choice.Key ?? certificate)];
        }

        if (!choice.Verify)
        {
#pragma warning disable CA5359 // the document asks for it by name
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (choice.Authority is { } authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(authority);
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    private static (string Class, string Words) Classify(Exception failed)
    {
        for (Exception? at = failed; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                case ForbiddenAddressException:
                    return ("forbidden", at.Message);
                case AuthenticationException or CryptographicException:
                    return ("tls", at.Message);
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return ("dns", at.Message);
                case SocketException:
                    return ("connect", at.Message);
                default:
                    break;
            }
        }

        return failed is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } ? ("tls", failed.Message)
            : failed is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } ? ("connect", failed.Message)
            : ("protocol", failed.Message);
    }
}
