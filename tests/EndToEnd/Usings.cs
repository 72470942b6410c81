global using Orbit.Tests.Support;
