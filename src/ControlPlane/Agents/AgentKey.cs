using System.Security.Cryptography;
using System.Text;

namespace Orbit.ControlPlane.Agents;

/// <summary>What an agent's key proves. ECDSA on P-256 with SHA-256.</summary>
internal static class AgentKey
{
    private const int LongestKey = 256;
    private const string P256 = "1.2.840.10045.3.1.7"; // secp256r1; the system gives it several friendly names

    /// <summary>SHA-256 in lower-case hex: how keys and tokens are named in the database.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>True for a SubjectPublicKeyInfo that holds a P-256 key and nothing else.</summary>
    public static bool IsUsable(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length is 0 or > LongestKey)
        {
            return false;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out int read);
            return read == publicKey.Length && key.ExportParameters(false).Curve.Oid.Value == P256;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The text an agent signs; docs/protocol.md.</summary>
    public static byte[] Challenge(string serverId, long agentId, ReadOnlySpan<byte> nonce) =>
        Encoding.UTF8.GetBytes($"orbit-agent-v1 | {serverId} | {agentId} | {Convert.ToHexStringLower(nonce)}");

    /// <summary>True when the key has signed the challenge.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
