using System.Text;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Trust;

/// <summary>Registers the control plane's own certificates.</summary>
internal static class TrustModule
{
    /// <summary>Where anybody reads the authorities' certificates; whoever knows a fingerprint knows which of them to believe.</summary>
    public const string CertificatesPath = "/install/ca.pem";

    /// <summary>Adds them. Keys must be ready before.</summary>
    public static IServiceCollection AddTrust(this IServiceCollection services)
    {
        services.AddOptions<TrustOptions>().BindConfiguration(TrustOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TrustOptions>, TrustOptionsValidator>();
        services.AddSingleton<IValidateOptions<TrustOptions>, TrustOptionsRules>();
        services.AddSingleton<TrustCommands>();
        services.AddSingleton<ServerNames>();
        services.AddSingleton<ServerCertificates>();
        services.AddSingleton<IBeforeStart>(provider => provider.GetRequiredService<ServerCertificates>());
        services.AddHostedService<CertificatePass>();
        return services;
    }

    /// <summary>Maps the service and the certificates' address.</summary>
    public static void MapTrust(this WebApplication app)
    {
        app.MapGrpcService<TrustGrpcService>();
        app.MapGet(
            CertificatesPath,
            async (TrustCommands commands, ServerCertificates certificates, CancellationToken ct) =>
                certificates.Current is null
                    ? Results.Text("This control plane has no authority of its own.\n", statusCode: StatusCodes.Status404NotFound)
                    : Results.Text(await PemAsync(commands, ct), "application/x-pem-file")).Allow(EndpointAccess.Anyone);
    }

    /// <summary>All that were ever in use: a join token may name one that was exchanged since.</summary>
    private static async Task<string> PemAsync(TrustCommands commands, CancellationToken ct)
    {
        StringBuilder text = new();
        foreach (StoredAuthority authority in await commands.EnsureAsync(ct))
        {
            text.Append(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", authority.Certificate)).Append('\n');
        }

        return text.ToString();
    }
}
