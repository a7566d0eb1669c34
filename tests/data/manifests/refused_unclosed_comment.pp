class no { } /* 
