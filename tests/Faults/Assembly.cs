[assembly: CollectionBehavior(DisableTestParallelization = true)] // each takes the machine as its own
