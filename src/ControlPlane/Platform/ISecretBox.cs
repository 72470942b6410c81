namespace Orbit.ControlPlane.Platform;

/// <summary>Encrypts secret values for the database with a key that does not lie in it.</summary>
internal interface ISecretBox
{
    /// <summary>Encrypts a secret.</summary>
    /// <param name="secret">Clear text.</param>
    /// <param name="owner">What it belongs to, e.g. <c>setting:smtp_password</c>; the same must be named to read it back.</param>
    byte[] Protect(string secret, string owner);

    /// <summary>Reads back what <see cref="Protect"/> made.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It was changed, or belongs to something else.</exception>
    string Unprotect(byte[] stored, string owner);
}
