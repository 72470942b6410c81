using System.Text;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Audit;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Signs people in. The admin password makes an admin of whoever gives it; the address alone, or a mailed code, never does.
/// </summary>
internal sealed class LoginCommands(
    IOptions<AccessOptions> options, AdminPassword admin, LoginCodes codes, SignInBrakes brakes, SessionCommands sessions, PersonCommands people,
    Rejections rejections)
{
    private const string AdminTries = "admin";
    private const string CodeTries = "code";
    private const string CodeMails = "mail";

    /// <summary>Signs in.</summary>
    /// <param name="attempt">What the person gave.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The session; null when a code was mailed instead.</returns>
    public async Task<Session?> LoginAsync(LoginAttempt attempt, CancellationToken ct)
    {
        if (attempt.Password.Length > 0)
        {
            await CheckPasswordAsync(attempt, ct);
            return await sessions.StartAsync(attempt.Caller, isAdmin: true, attempt.UserAgent, ct);
        }

        switch (options.Value.UserLogin)
        {
            case AccessOptions.Disabled:
                throw new OrbitException(Refusal.Forbidden, "LOGIN_DISABLED", "Signing in without the admin password is switched off on this server.");
            case AccessOptions.ByCode when attempt.Code.Length == 0:
                await brakes.CountTryAsync(CodeMails, attempt.Email, attempt.Source, ct);
                await people.RequireUnblockedAsync(attempt.Email, ct);
                await codes.SendAsync(attempt.Email, ct);
                return null;
            case AccessOptions.ByCode:
                await CheckCodeAsync(attempt, ct);
                break;
        }

        return await sessions.StartAsync(attempt.Caller, isAdmin: false, attempt.UserAgent, ct);
    }

    private async Task CheckPasswordAsync(LoginAttempt attempt, CancellationToken ct)
    {
        if (Encoding.UTF8.GetByteCount(attempt.Password) > AdminPassword.LongestBytes)
        {
            throw OrbitException.Invalid("PASSWORD_TOO_LONG", $"password must have at most {AdminPassword.LongestBytes} bytes.");
        }

        await brakes.CountTryAsync(AdminTries, attempt.Email, attempt.Source, ct);
        if (!await admin.IsRightAsync(attempt.Password, ct))
        {
            await rejections.RefuseAsync(attempt.Caller, AdminTries, ct);
        }

        await brakes.ForgiveAsync(AdminTries, attempt.Email, attempt.Source, ct);
    }

    private async Task CheckCodeAsync(LoginAttempt attempt, CancellationToken ct)
    {
        await brakes.CountTryAsync(CodeTries, attempt.Email, attempt.Source, ct);
        if (!await codes.TakeAsync(attempt.Email, attempt.Code, ct))
        {
            await rejections.RefuseAsync(attempt.Caller, CodeTries, ct);
        }

        await brakes.ForgiveAsync(CodeTries, attempt.Email, attempt.Source, ct);
        await brakes.ForgiveAsync(CodeMails, attempt.Email, attempt.Source, ct);
    }
}

/// <summary>What a person gave to sign in.</summary>
/// <param name="Email">Normalised address.</param>
/// <param name="Password">The admin password; empty for none.</param>
/// <param name="Code">The mailed code; empty for none.</param>
/// <param name="Source">Address the call came from.</param>
/// <param name="UserAgent">The client's name for itself.</param>
internal sealed record LoginAttempt(string Email, string Password, string Code, string Source, string UserAgent)
{
    /// <summary>The person, as claimed.</summary>
    public Caller Caller { get; } = new(Email, IsAdmin: false, SessionId: null, Source);
}

/// <summary>Refuses wrong sign-ins, all with one answer, and writes each down.</summary>
internal sealed class Rejections(OrbitStore store, TimeProvider time)
{
    /// <summary>Writes it down and refuses.</summary>
    /// <exception cref="OrbitException">LOGIN_FAILED, always.</exception>
    public async Task RefuseAsync(Caller caller, string kind, CancellationToken ct)
    {
        await store.WriteAsync(
            (database, _) =>
            {
                database.Audit(caller, time.GetUtcNow(), "login.failed", $"account:{caller.Name}", @new: new { kind });
                return Task.CompletedTask;
            },
            ct);
        throw new OrbitException(Refusal.Unauthenticated, "LOGIN_FAILED", "The password or code is wrong.");
    }
}
