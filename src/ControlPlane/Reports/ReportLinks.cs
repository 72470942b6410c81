using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Access.Keys;

namespace Orbit.ControlPlane.Reports;

/// <summary>What a link's text says.</summary>
/// <param name="Version">The version of the report that it opens.</param>
/// <param name="Expired">True when its time is over.</param>
internal readonly record struct ReportLink(Guid Version, bool Expired);

/// <summary>
/// Addresses of reports that need no sign-in: nobody can make one up, each opens one version of one report, and it expires. Pages of a
/// report have no origin, so no cookie comes with what they load.
/// </summary>
internal sealed class ReportLinks(KeyRing keys, IOptions<ReportOptions> options, TimeProvider time)
{
    private const int ExpiryBytes = 8;
    private const int VersionBytes = 16;
    private const int ProofBytes = 24;
    private const int Length = ExpiryBytes + VersionBytes + ProofBytes;

    /// <summary>A link to a version of a run's report.</summary>
    public string Make(long runId, Guid version)
    {
        byte[] link = new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(link, (time.GetUtcNow() + options.Value.LinkLifetime).ToUnixTimeSeconds());
        version.TryWriteBytes(link.AsSpan(ExpiryBytes));
        Proof(runId, link.AsSpan(0, ExpiryBytes + VersionBytes)).CopyTo(link.AsSpan(ExpiryBytes + VersionBytes));
        return Base64Url.EncodeToString(link);
    }

    /// <summary>Reads a link; null when it is not ours, or another run's.</summary>
    public ReportLink? Read(long runId, string text)
    {
        byte[] link = new byte[Length];
        if (text.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.TryDecodeFromChars(text, link, out int length) || length != Length)
        {
            return null;
        }

        Span<byte> said = link.AsSpan(0, ExpiryBytes + VersionBytes);
        if (!CryptographicOperations.FixedTimeEquals(Proof(runId, said), link.AsSpan(ExpiryBytes + VersionBytes)))
        {
            return null;
        }

        bool expired = BinaryPrimitives.ReadInt64BigEndian(said) <= time.GetUtcNow().ToUnixTimeSeconds();
        return new ReportLink(new Guid(said[ExpiryBytes..]), expired);
    }

    private byte[] Proof(long runId, ReadOnlySpan<byte> said)
    {
        byte[] message = new byte[8 + said.Length];
        BinaryPrimitives.WriteInt64BigEndian(message, runId);
        said.CopyTo(message.AsSpan(8));
        return HMACSHA256.HashData(keys.HmacKey(KeyPurposes.ReportLink), message)[..ProofBytes];
    }
}
