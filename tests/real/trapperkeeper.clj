; What Puppet Server's own loader makes of bootstrap paths: one value of --bootstrap-config a line on
; stdin; on stdout a JSON array of the services that it would start, or null where it would not start.
(require '[puppetlabs.trapperkeeper.bootstrap :as bootstrap]
         '[clojure.string :as string])

(defn quoted [text]
  (str \" (string/join (map #(format "\\u%04x" (int %)) text)) \"))

(doseq [paths (line-seq (java.io.BufferedReader. *in*))]
  (println (try
             (let [files (mapcat bootstrap/find-bootstraps-from-path (string/split paths #","))]
               (doall (bootstrap/parse-bootstrap-configs! files))
               (str "[" (string/join "," (map (comp quoted :entry)
                                              (bootstrap/get-annotated-bootstrap-entries files)))
                    "]"))
             (catch Throwable problem "null")))
  (flush))
