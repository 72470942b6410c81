using System.Security.Cryptography;
using System.Text;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access.Keys;

/// <summary>Where the key that wraps all others comes from: <c>Keys:Master</c>, or a file in the data directory.</summary>
internal sealed class MasterKey(IConfiguration configuration, DataDirectory data, ServerIdentity identity)
{
    private const string Setting = "Keys:Master";
    private const string FileName = "master.key";
    private const int Length = 32;
    private const int ShortestPhrase = 16;
    private const int Iterations = 600_000;

    /// <summary>True when <c>Keys:Master</c> is not set.</summary>
    public bool IsFile => string.IsNullOrEmpty(configuration[Setting]);

    /// <summary>Path of the file that is used when <c>Keys:Master</c> is not set.</summary>
    public string FilePath => data.At(FileName);

    /// <summary>How an operator would name where it came from.</summary>
    public string Source => IsFile ? $"the file {FilePath}" : Setting;

    /// <summary>The 32 bytes.</summary>
    /// <param name="mayMake">True when no key has been wrapped yet, so that a missing file may be made.</param>
    public byte[] Read(bool mayMake)
    {
        if (!IsFile)
        {
            return FromSetting(configuration[Setting]!);
        }

        if (!File.Exists(FilePath))
        {
            if (!mayMake)
            {
                throw StartRefused.Because($"{Setting} is not set and {FilePath} is missing, but the database holds keys that were wrapped before. Set {Setting} to the value used then, or put the file back.");
            }

            MakeFile();
        }

        byte[]? key = FromBase64(File.ReadAllText(FilePath).Trim());
        return key ?? throw StartRefused.Because($"{FilePath} does not hold 32 bytes in base64. Put back the file that was there, or set {Setting}.");
    }

    private byte[] FromSetting(string given) =>
        FromBase64(given)
        ?? (given.Length >= ShortestPhrase
            ? Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(given), identity.KeySalt, Iterations, HashAlgorithmName.SHA256, Length)
            : throw StartRefused.Because($"{Setting} (not shown) must be 32 bytes in base64, or a pass phrase of at least {ShortestPhrase} characters; it has {given.Length}."));

    private static byte[]? FromBase64(string text)
    {
        byte[] key = new byte[Length];
        return Convert.TryFromBase64String(text, key, out int written) && written == Length ? key : null;
    }

    /// <summary>Writes a whole file or none: two processes that start together end with the same one.</summary>
    private void MakeFile()
    {
        string draft = $"{FilePath}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(Length)) + "\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, FilePath, overwrite: false);
        }
        catch (IOException) when (File.Exists(FilePath))
        {
            File.Delete(draft);
        }
    }
}
