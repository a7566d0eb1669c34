"""What the Forge published of this site's modules: releases, and the classes they define."""
