using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Orbit.ControlPlane.Access;

internal sealed class SessionConfiguration : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> session)
    {
        session.ToTable("sessions");
        session.HasKey(s => s.Id);
        session.Property(s => s.Id).ValueGeneratedNever();
        session.Property(s => s.Email).HasMaxLength(254);
        session.Property(s => s.Role).HasConversion<string>().HasMaxLength(8);
        session.Ignore(s => s.IsAdmin);
        session.Property(s => s.RemoteAddress).HasMaxLength(64);
        session.Property(s => s.UserAgent).HasMaxLength(200);
        session.HasIndex(s => new { s.Email, s.CreatedAt }); // the older sessions of a person
        session.HasIndex(s => s.ExpiresAt); // cleaning up
    }
}

internal sealed class PersonConfiguration : IEntityTypeConfiguration<Person>
{
    public void Configure(EntityTypeBuilder<Person> person)
    {
        person.ToTable("users");
        person.HasKey(p => p.Email);
        person.Property(p => p.Email).HasMaxLength(254);
        person.Property(p => p.Role).HasConversion<string>().HasMaxLength(8);
        person.Property(p => p.LastAddress).HasMaxLength(64);
    }
}

internal sealed class KnownAddressConfiguration : IEntityTypeConfiguration<KnownAddress>
{
    public void Configure(EntityTypeBuilder<KnownAddress> known)
    {
        known.ToTable("known_addresses");
        known.HasKey(k => new { k.Email, k.Address });
        known.Property(k => k.Email).HasMaxLength(254);
        known.Property(k => k.Address).HasMaxLength(64);
        known.HasIndex(k => k.LastUsedAt); // forgetting
    }
}

internal sealed class ApiTokenConfiguration : IEntityTypeConfiguration<ApiToken>
{
    public void Configure(EntityTypeBuilder<ApiToken> token)
    {
        token.ToTable("api_tokens");
        token.HasKey(t => t.Id);
        token.Property(t => t.Id).ValueGeneratedNever();
        token.Property(t => t.Name).HasMaxLength(ApiToken.LongestName);
        token.Property(t => t.Owner).HasMaxLength(254);
        token.Property(t => t.Scopes).HasMaxLength(64);
        token.Property(t => t.Hash).HasMaxLength(32);
        token.Property(t => t.Hint).HasMaxLength(16);
        token.Ignore(t => t.ScopeList);
        token.HasIndex(t => t.Hash).IsUnique(); // each call
        token.HasIndex(t => new { t.Owner, t.Id }); // a person's tokens
    }
}

/// <summary>Failed sign-ins of one account from one source, or of one source; kept so that a restart or another replica forgives nothing.</summary>
internal sealed class SignInBrake
{
    /// <summary>What is slowed, e.g. <c>admin|me@example.org|192.0.2.7</c>.</summary>
    public string Key { get; init; } = "";

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Until when nothing is tried.</summary>
    public DateTimeOffset BlockedUntil { get; init; }

    public DateTimeOffset LastAt { get; init; }
}

internal sealed class SignInBrakeConfiguration : IEntityTypeConfiguration<SignInBrake>
{
    public void Configure(EntityTypeBuilder<SignInBrake> brake)
    {
        brake.ToTable("sign_in_brakes");
        brake.HasKey(b => b.Key);
        brake.Property(b => b.Key).HasMaxLength(400);
        brake.HasIndex(b => b.LastAt); // forgetting
    }
}

/// <summary>The one-time code last mailed to an address.</summary>
internal sealed class LoginCode
{
    public string Email { get; init; } = "";

    /// <summary>HMAC-SHA256 of address and code: a copy of the database does not give the code away.</summary>
    public byte[] Hash { get; init; } = [];

    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Wrong tries so far.</summary>
    public int Tries { get; init; }
}

internal sealed class LoginCodeConfiguration : IEntityTypeConfiguration<LoginCode>
{
    public void Configure(EntityTypeBuilder<LoginCode> code)
    {
        code.ToTable("login_codes");
        code.HasKey(c => c.Email);
        code.Property(c => c.Email).HasMaxLength(254);
    }
}

/// <summary>Hash of the admin password that the server made at its first start; unused while <c>Access:AdminPassword</c> is set.</summary>
internal sealed class AdminSecret
{
    /// <summary>The only id there is.</summary>
    public const int OnlyId = 1;

    public int Id { get; init; }

    /// <summary><c>pbkdf2-sha256$iterations$salt$hash</c>, base64.</summary>
    public string Hash { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class AdminSecretConfiguration : IEntityTypeConfiguration<AdminSecret>
{
    public void Configure(EntityTypeBuilder<AdminSecret> secret)
    {
        secret.ToTable("admin_secret");
        secret.HasKey(s => s.Id);
        secret.Property(s => s.Id).ValueGeneratedNever();
        secret.Property(s => s.Hash).HasMaxLength(200);
    }
}
