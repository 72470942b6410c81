using Orbit.ControlPlane;

return await ControlPlaneHost.RunAsync(args);
