// `dotnet ef` needs a program to start from; the contexts come from DesignTimeContexts in the control plane.
return 0;
