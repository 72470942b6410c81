namespace Orbit.ControlPlane.ApiTests;

/// <summary>What an item of the library is.</summary>
internal enum ApiItemKind
{
    /// <summary>One request, command or pytest call.</summary>
    Case,

    /// <summary>Ordered steps.</summary>
    Scenario,
}

/// <summary>Where an item stands.</summary>
internal enum ApiItemState
{
    /// <summary>Being written.</summary>
    Draft,

    /// <summary>In use.</summary>
    Active,

    /// <summary>No longer in use.</summary>
    Archived,
}

/// <summary>Who sees an item.</summary>
internal enum ApiVisibility
{
    /// <summary>Its owner and admins.</summary>
    Private,

    /// <summary>Everybody sees it; its owner and admins change it.</summary>
    Team,

    /// <summary>Everybody sees and changes it.</summary>
    All,
}

/// <summary>A case or a scenario. Its spec is kept as JSON in the format of documents, without the name.</summary>
internal sealed class ApiItem
{
    public long Id { get; private set; }
    public ApiItemKind Kind { get; init; }
    public string Name { get; set; } = "";
    public string Folder { get; set; } = "";

    /// <summary>Between commas, one at both ends too, so that a tag is found by <c>,tag,</c>; empty for none.</summary>
    public string Tags { get; set; } = "";

    public ApiItemState State { get; set; } = ApiItemState.Active;
    public ApiVisibility Visibility { get; set; } = ApiVisibility.All;
    public string Owner { get; init; } = "";

    /// <summary>Rises with every changed spec.</summary>
    public int Version { get; set; } = 1;

    public string Spec { get; set; } = "{}";
    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";

    /// <summary>Counts changes of any kind.</summary>
    public int Revision { get; set; }

    /// <summary>True when somebody may change it.</summary>
    public bool MayChange(string who, bool isAdmin) => Visibility is ApiVisibility.All || isAdmin || who == Owner;

    /// <summary>The tags.</summary>
    public IEnumerable<string> TagList => Tags.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Tags in the form in which they are stored.</summary>
    public static string Join(IEnumerable<string> tags)
    {
        string[] all = [.. tags.Select(t => t.Trim()).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return all.Length == 0 ? "" : $",{string.Join(',', all)},";
    }
}

/// <summary>One version of an item's spec.</summary>
internal sealed class ApiItemVersion
{
    public long ItemId { get; init; }
    public int Version { get; init; }
    public string Spec { get; init; } = "{}";
    public DateTimeOffset ChangedAt { get; init; }
    public string ChangedBy { get; init; } = "";
}

/// <summary>Variables of one target.</summary>
internal sealed class ApiEnvironment
{
    public long Id { get; private set; }
    public string Name { get; set; } = "";

    /// <summary>JSON object.</summary>
    public string Variables { get; set; } = "{}";

    /// <summary>Names of the secrets as a JSON array.</summary>
    public string SecretNames { get; set; } = "[]";

    /// <summary>Names the secrets' key ring entry; never changes.</summary>
    public Guid SecretOwner { get; init; }

    /// <summary>A JSON object of the secrets, encrypted; empty for none.</summary>
    public byte[] SealedSecrets { get; set; } = [];

    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";
    public int Revision { get; set; }
}

/// <summary>Rows for cases and scenarios.</summary>
internal sealed class ApiDataset
{
    public long Id { get; private set; }
    public string Name { get; set; } = "";

    /// <summary>JSON array of names.</summary>
    public string Columns { get; set; } = "[]";

    /// <summary>JSON object of types by column.</summary>
    public string Types { get; set; } = "{}";

    public int RowCount { get; set; }
    public int EnabledCount { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";
    public int Revision { get; set; }
}

/// <summary>One row of a dataset.</summary>
internal sealed class ApiDatasetRow
{
    public long DatasetId { get; init; }
    public long Number { get; init; }
    public string Name { get; set; } = "";
    public bool Enabled { get; set; } = true;

    /// <summary>JSON object.</summary>
    public string Content { get; set; } = "{}";

    /// <summary>JSON array of checks; empty for none.</summary>
    public string Expect { get; set; } = "";
}

/// <summary>What somebody may do in a folder; each may also do what those before it may.</summary>
internal enum FolderRole
{
    /// <summary>Sees its items and what came of them.</summary>
    Viewer,

    /// <summary>Runs them.</summary>
    Runner,

    /// <summary>Changes them, and adds more.</summary>
    Editor,
}

/// <summary>A person's role in a folder and all below.</summary>
internal sealed class ApiFolderRole
{
    /// <summary>Empty: all of them.</summary>
    public string Folder { get; init; } = "";

    /// <summary>An address, or <see cref="FolderAccess.Everybody"/>.</summary>
    public string Person { get; init; } = "";

    public FolderRole Role { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public string UpdatedBy { get; set; } = "";
}
