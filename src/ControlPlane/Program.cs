using Orbit.ControlPlane;
using Orbit.ControlPlane.Backup;

return args.FirstOrDefault() == RestoreProgram.Verb ? await RestoreProgram.RunAsync(args) : await ControlPlaneHost.RunAsync(args);
