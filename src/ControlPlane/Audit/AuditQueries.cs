using Microsoft.EntityFrameworkCore;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Audit;

/// <summary>Which entries a list shows. Empty texts and nulls leave out nothing.</summary>
internal sealed record AuditFilter
{
    public string Who { get; init; } = "";

    /// <summary>An action, or what it begins with where this ends with a dot.</summary>
    public string Action { get; init; } = "";

    /// <summary>An object, or what it begins with where this ends with a colon.</summary>
    public string Object { get; init; } = "";

    /// <summary>Text in the old or the new value, ignoring the case of ASCII letters.</summary>
    public string Text { get; init; } = "";

    /// <summary>At or after.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Before { get; init; }
}

/// <summary>Where a page of entries goes on: below this one.</summary>
internal sealed record AuditPosition(int Day, Guid Id)
{
    /// <summary>The position after an entry, as text.</summary>
    public static string Of(AuditEntry entry) => FormattableString.Invariant($"{entry.Day}.{entry.Id:N}");

    /// <summary>Reads a token of a list; null for the first page.</summary>
    /// <exception cref="OrbitException">PAGE_TOKEN_INVALID.</exception>
    public static AuditPosition? Read(string token)
    {
        if (Paging.TextAfter(token) is not { } text)
        {
            return null;
        }

        string[] parts = text.Split('.');
        return parts.Length == 2 && int.TryParse(parts[0], out int day) && Guid.TryParseExact(parts[1], "N", out Guid id)
            ? new(day, id)
            : throw OrbitException.Invalid("PAGE_TOKEN_INVALID", "page_token is none that this list gave out; leave it empty to begin at the first page.");
    }
}

/// <summary>Reads of audit entries.</summary>
internal static class AuditQueries
{
    /// <summary>A page, newest first; ids rise with time. Served by the primary key, (who, id) or (object, id).</summary>
    public static Task<List<AuditEntry>> NewestAsync(
        this DbSet<AuditEntry> entries, AuditFilter filter, AuditPosition? below, int limit, CancellationToken ct)
    {
        IQueryable<AuditEntry> rows = entries.AsNoTracking().By(filter).Within(filter);
        if (below is { } last)
        {
            rows = rows.Where(e => e.Day <= last.Day && e.Id.CompareTo(last.Id) < 0);
        }

        return rows.OrderByDescending(e => e.Day).ThenByDescending(e => e.Id).Take(limit).ToListAsync(ct);
    }

    private static IQueryable<AuditEntry> By(this IQueryable<AuditEntry> rows, AuditFilter filter)
    {
        if (filter.Who.Length > 0)
        {
            rows = rows.Where(e => e.Who == filter.Who);
        }

        if (filter.Action.Length > 0)
        {
            rows = filter.Action[^1] == '.' ? rows.Where(e => e.Action.StartsWith(filter.Action)) : rows.Where(e => e.Action == filter.Action);
        }

        if (filter.Object.Length > 0)
        {
            rows = filter.Object[^1] == ':' ? rows.Where(e => e.Object.StartsWith(filter.Object)) : rows.Where(e => e.Object == filter.Object);
        }

        if (filter.Text.Length > 0)
        {
            string like = $"%{filter.Text.ToLowerInvariant().Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_")}%";
            rows = rows.Where(e => EF.Functions.Like(e.Old!.ToLower(), like, "\\") || EF.Functions.Like(e.New!.ToLower(), like, "\\"));
        }

        return rows;
    }

    /// <summary>The day leads to the partitions that can hold such entries.</summary>
    private static IQueryable<AuditEntry> Within(this IQueryable<AuditEntry> rows, AuditFilter filter)
    {
        if (filter.After is { } after)
        {
            int first = TimePartitioned.DayOf(after);
            rows = rows.Where(e => e.Day >= first && e.At >= after);
        }

        if (filter.Before is { } before)
        {
            int last = TimePartitioned.DayOf(before);
            rows = rows.Where(e => e.Day <= last && e.At < before);
        }

        return rows;
    }
}
