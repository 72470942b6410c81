using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>What a caller may do, by folder: the nearest one upwards with any entry decides; folders without entries are open.</summary>
internal sealed class FolderAccess(Caller caller, IReadOnlyCollection<ApiFolderRole> entries)
{
    /// <summary>Stands for everybody without an entry of his own.</summary>
    public const string Everybody = "*";

    /// <summary>The caller's role in a folder; null: none.</summary>
    public FolderRole? RoleIn(string folder)
    {
        for (string at = folder; !caller.IsAdmin && entries.Count > 0;)
        {
            ApiFolderRole[] here = [.. entries.Where(e => e.Folder == at)];
            if (here.Length > 0)
            {
                return (Array.Find(here, e => e.Person == caller.Name) ?? Array.Find(here, e => e.Person == Everybody))?.Role;
            }

            if (at.Length == 0)
            {
                break;
            }

            at = at.LastIndexOf('/') is > 0 and var end ? at[..end] : "";
        }

        return FolderRole.Editor;
    }

    /// <summary>True when something of an owner is the caller's own, or he is an admin.</summary>
    public bool Owns(string owner) => caller.IsAdmin || caller.Name == owner;

    /// <summary>True when the caller may see an item.</summary>
    public bool MaySee(ApiItem item) => MaySee(RunItem.Of(item));

    /// <summary>True when the caller may see an item that stood so.</summary>
    public bool MaySee(RunItem item) => Owns(item.Owner) || (!item.Private && RoleIn(item.Folder) is not null);

    /// <summary>True when the caller may run an item that stood so.</summary>
    public bool MayRun(RunItem item) => Owns(item.Owner) || (!item.Private && RoleIn(item.Folder) >= FolderRole.Runner);

    /// <summary>Refuses changes in a folder to who is not an editor of it.</summary>
    /// <exception cref="OrbitException">FOLDER_FORBIDDEN.</exception>
    public void RequireEdit(string folder)
    {
        if (RoleIn(folder) is not FolderRole.Editor)
        {
            throw Forbidden($"{caller.Name} is not an editor of the folder '{folder}'.");
        }
    }

    public static OrbitException Forbidden(string message) => new(Refusal.Forbidden, "FOLDER_FORBIDDEN", message);
}

/// <summary>A stored item as a batch began with it: what decides who may read what came of it when the item is gone.</summary>
internal sealed record RunItem(long Id, string Folder, string Owner, bool Private)
{
    public static RunItem Of(ApiItem item) => new(item.Id, item.Folder, item.Owner, item.Visibility is ApiVisibility.Private);
}
