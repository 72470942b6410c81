namespace Orbit.ControlPlane.Platform;

/// <summary>What a person may do; each may what the ones before may.</summary>
internal enum PersonRole
{
    /// <summary>Read.</summary>
    Viewer,

    /// <summary>Trigger, cancel, select and mark as well.</summary>
    User,

    /// <summary>Everything. The admin password alone gives it.</summary>
    Admin,
}
