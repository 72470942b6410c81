using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>Messages that JSON writes in a form of their own.</summary>
internal static class WellKnown
{
    /// <summary>One of the boxes of a single value, such as <c>google.protobuf.StringValue</c>; C# shows the value itself.</summary>
    public static bool IsWrapper(MessageDescriptor type) => type.File == WrappersReflection.Descriptor;
}
