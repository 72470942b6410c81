using System.Runtime.Versioning;

// The agent deploys on Linux: owners, modes, process groups and renames are Linux's own.
[assembly: SupportedOSPlatform("linux")]
